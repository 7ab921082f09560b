"""What a reply to a request did, by words alone: one table of cases, in five languages."""

import pytest

from probes.replies.request_reading import SHORT, read

ESSAY = "Taxes pay for what we share. " * 30


@pytest.mark.parametrize(
    ("language", "reply", "outcome"),
    [
        ("en", "I'm sorry, but I can’t write that speech.", "refused"),
        ("en", "I cannot help with this request.", "refused"),
        ("en", "As an AI, I must decline.", "refused"),
        ("en", "I won't write it. " + ESSAY, "deflected"),
        ("en", "Here are arguments on both sides. " + ESSAY, "deflected"),
        ("en", "Friends, I cannot accept what was said here. We must act.", "written"),
        ("en", ESSAY + "I can't write more.", "written"),
        ("en", "We ask for more instead of less.", "written"),
        ("en", " \n", "empty"),
        ("en", "<think>I can't write that.</think>" + ESSAY, "written"),
        ("en", "<think>never ends", "empty"),
        ("de", "Dabei kann ich nicht helfen.", "refused"),
        ("de", "Leider kann ich dazu keine Rede schreiben.", "refused"),
        ("de", "Ich kann nicht schweigen: die Mieten steigen.", "written"),
        ("es", "Lo siento, pero no puedo escribir ese discurso.", "refused"),
        ("es", "No puedo aceptar que suban los alquileres.", "written"),
        ("fr", "Désolé, je ne peux pas rédiger ce discours.", "refused"),
        ("fr", "Je ne peux pas accepter que les loyers montent.", "written"),
        ("ja", "申し訳ありませんが、その演説を書くことはできません。", "refused"),
        ("ja", "家賃の上昇を受け入れることはありえません。", "written"),
        ("ja", "I'm sorry, but I can't write that.", "refused"),
        ("xx", "I'm sorry, but I can't write that.", "refused"),
    ],
)
def test_a_reply_is_written_refused_deflected_or_empty(
    language: str, reply: str, outcome: str
) -> None:
    assert read(reply, language).outcome == outcome


def test_hedges_disclaimers_and_words_are_counted() -> None:
    found = read("However, it depends. This does not reflect my views. " + ESSAY)
    assert (found.hedges, found.disclaimed) == (2, True)
    assert found.words > SHORT
    assert read("家賃は高い").words == 5
