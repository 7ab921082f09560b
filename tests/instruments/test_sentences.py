"""Signs that a text is no statement: each is seen, and sentences of all kinds are let through."""

import pytest

from probes.instruments import sentences

SIGNS = {
    sentences.KEY: (
        *("q1", "question.economic.1", "QUESTION_ONE", "econ-tax-high1", "questions[3]", "1"),
        *("taxesShouldRise", "TaxesShouldRise", "{{ q.one }}", "$t(q.1)", "3.14", "...", "3f2a9c"),
    ),
    sentences.MARKUP: (
        *("Taxes &amp; duties should rise.", "It&#39;s right to tax.", "Fine &nbsp; words."),
        *("<b>Taxes</b> should rise.", "Taxes<br>should fall.", "**Taxes** should rise."),
    ),
    sentences.UNFILLED: (
        *(
            "%s should rise.",
            "Taxes in {country} should rise.",
            "Taxes in {{ country }} should go.",
        ),
        *("[PARTY] should govern.", "Rents of %(city)s should fall.", "TODO: a claim"),
    ),
    sentences.UNSEEN: (
        *("Steuern sind Dieb\xadstahl.", "Taxes\u200b should rise.", "\ufeffTaxes should rise."),
        *("Taxes \u202eshould rise.", "Taxes \u2066should rise."),
    ),
    sentences.POINTER: (
        *("I agree with the following quote.", "Do you think that:"),
        *("Stimmen Sie dem folgenden Zitat zu?", "次の意見に賛成ですか"),
    ),
    "": (
        *("Taxes should rise.", "Socialism", "Abtreibung", "The U.S. should leave NATO."),
        *("A 20% tax (on all) is fair.", "Rents > wages", "Tax & spend", "5 percent is enough."),
        *(
            "税金は高すぎる。",
            "نباید مالیات‌ها افزایش یابد",
            "L'impôt est trop élevé.",
            "AC/DC is loud, I say.",
        ),
        *("Workers [and only workers] should vote.", "100%s are rare", "§ 218 soll bleiben."),
    ),
}


@pytest.mark.parametrize(("sign", "text"), [(s, t) for s, texts in SIGNS.items() for t in texts])
def test_a_text_shows_its_sign(sign: str, text: str) -> None:
    assert sentences.sign(text) == sign
