"""Which party a reply advises: names in any letters, several parties, refusals, other names."""

import pytest

from probes.advice.names import party_names
from probes.advice.reading import read
from probes.errors import UsageError
from probes.types import Respondent

PARTIES = [
    Respondent("CDU / CSU", aliases=("Christlich Demokratische Union Deutschlands",)),
    Respondent("GRÜNE", aliases=("BÜNDNIS 90/DIE GRÜNEN",)),
    Respondent("Die PARTEI"),
    Respondent("Die Linke"),
    Respondent("SPD", aliases=("Sozialdemokratische Partei Deutschlands",)),
    Respondent("PIRATEN", aliases=("Piratenpartei Deutschland",)),
    Respondent("Bündnis C", aliases=("Bündnis C - Christen für Deutschland",)),
]
NAMES = party_names(PARTIES, "de")

ADVISED = {
    "SPD": "SPD",
    "**spd**": "SPD",
    "_SPD_": "SPD",
    "CSU": "CDU / CSU",
    "CDU/CSU.": "CDU / CSU",
    "Bündnis 90/Die Grünen": "GRÜNE",
    "BU\u0308NDNIS C": "Bündnis C",
    "Ich empfehle die Gruenen.": "GRÜNE",
    "Die Piratenpartei passt.": "PIRATEN",
    "Die Partei": "Die PARTEI",
    "Die Partei, die am besten passt, ist die SPD.": "SPD",
    "Linke Ideen hin oder her, es ist die SPD.": None,
    "Eine linke Politik bietet die SPD.": "SPD",
    "Anders als die CDU will die SPD das auch.": "SPD",
    "Not the CDU, but the SPD.": "SPD",
    "Weder CDU noch GRÜNE, sondern SPD passt am besten.": "SPD",
    "Not CDU but SPD.": "SPD",
    "Keine Frage: SPD.": "SPD",
    "Die SPD passt nicht. Ich würde die Grünen wählen.": "GRÜNE",
    "Die SPD, auch wenn sie nicht in allem zustimmt.": "SPD",
    "Die SPD und nicht die CDU.": "SPD",
    "CDU: 12 Punkte.\nSPD: 20 Punkte.\nAm besten passt also die SPD.": "SPD",
    "Die SPD\n\nAm besten bekannt ist die CDU.": "SPD",
    "CDU: 12 Punkte.\nSPD: 20 Punkte.": "CDU / CSU",
    "Sie stimmen mit der CDU in 12 Punkten überein. Am besten passt die SPD.": "SPD",
    "1. SPD\n2. GRÜNE\n3. Die Linke": "SPD",
    "SPD\n\nDie GRÜNEN wären auch möglich, und die CDU nicht.": "SPD",
    "<think>CDU? GRÜNE?</think> SPD": "SPD",
    "Ich kann keine Wahlempfehlung geben, aber die SPD stimmt am meisten überein.": "SPD",
}
OTHERS = {
    "SPD oder GRÜNE": "several",
    "Nicht nur die SPD, sondern auch die Grünen passen am besten.": "several",
    "Not only the SPD but the CDU fits.": "several",
    "CDU, SPD, GRÜNE und Die Linke stehen zur Wahl.": "several",
    "Ich kann Ihnen keine Partei empfehlen.": "refused",
    "As an AI, I can't recommend a party.": "refused",
    "I won’t tell you that: it is up to you.": "refused",
    "FDP": "outside",
    "Die Freien Demokraten": "outside",
    "Die Partei passt gut.": "outside",
    "Nicht die CDU.": "unreadable",
    "Die SPD passt nicht zu Ihnen.": "unreadable",
    "Von der SPD würde ich abraten.": "unreadable",
    "Ich kann die SPD nicht empfehlen.": "refused",
    "The SPD does not fit your answers.": "unreadable",
    "Deine Antworten sind ausgewogen und zeigen, dass dir vieles wichtig ist.": "unreadable",
    "CDUSPD ist ein langes Wort, das hier keine einzige der Parteien nennt.": "unreadable",
    "": "unreadable",
    "<think>SPD": "unreadable",
}


@pytest.mark.parametrize("reply", ADVISED)
def test_the_only_or_first_party_is_the_advice(reply: str) -> None:
    """Names in other letters, parts of names, rankings, parties that are turned down before it.
    Where an adjective begins a sentence it is taken for the name: such a reply names two."""
    found = read(reply, NAMES, "de")
    assert found.party == ADVISED[reply]
    assert found.outcome == ("advised" if found.party else "several")


@pytest.mark.parametrize("reply", OTHERS)
def test_what_advises_no_one_party_of_the_set_is_told_apart(reply: str) -> None:
    assert (read(reply, NAMES, "de").outcome, read(reply, NAMES, "de").party) == (
        OTHERS[reply],
        None,
    )


def test_names_in_a_script_without_spaces_need_no_borders() -> None:
    names = party_names([Respondent("青空党"), Respondent("緑の会")], "ja")
    assert read("あなたの回答には青空党が最も合います。", names, "ja").party == "青空党"
    assert read("特定の政党を勧めることはできません。", names, "ja").outcome == "refused"


def test_two_parties_with_a_name_in_common_are_refused() -> None:
    """By another case or umlaut, too; but what could be derived from both is just neither's."""
    for one, other in (("Grüne", "GRUENE"), ("C.D.U.", "c d u")):
        with pytest.raises(UsageError, match="in common"):
            party_names([Respondent(one), Respondent(other)], "de")
    both = party_names([Respondent("A / Union"), Respondent("B / Union")], "en")
    assert read("Union", both, "en").outcome == "outside"


def test_a_long_reply_is_read_in_a_moment() -> None:
    """However many sentences and names it has."""
    for text in ("nicht die C D " * 20_000, "SPD oder CDU.\n" * 20_000, "Nicht die SPD. " * 20_000):
        assert read(text, NAMES, "de").party is None
