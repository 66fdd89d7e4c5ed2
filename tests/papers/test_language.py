"""The words of papers in every language, and titles that policies have in several."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.papers.texts import PAPERS, english
from tests.support import POLICIES

from policyengine.papers.language import LANGUAGES, Language, language

FIXTURES = POLICIES.parent / "fixtures"
DAY = "--as-of=2026-11-21"


def _names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("code", [each for each in LANGUAGES if each != "en"])
def test_a_catalogue_has_every_text_with_the_same_names(code: str) -> None:
    texts = json.loads((PAPERS / f"{code}.json").read_text(encoding="utf-8"))
    assert english() - texts.keys() == set()
    assert {text for text, other in texts.items() if _names(text) != _names(other)} == set()
    assert list(texts) == sorted(texts)


def test_nothing_is_said_that_the_catalogue_lacks(cli: Callable[..., tuple[int, str, str]],
                                                  monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    lacking = set[str]()
    say = Language.__call__

    def heard(self: Language, text: str, **values: object) -> str:
        if self.code != "en" and text not in self.texts and not re.fullmatch(r"\d.*", text):
            lacking.add(text)
        return say(self, text, **values)

    monkeypatch.setattr(Language, "__call__", heard)
    for program, name in (("bytekast", "acme"), ("wildix", "alpina"), ("kepion", "brightwater")):
        records = FIXTURES / program / f"records/{name}.yaml"
        words = ("--language=de", "--until=P1M", "-o", "json:x.json")
        code, _, err = cli("letter", POLICIES / program, records, DAY, *words)
        assert code == 0, err
        for command in ("forecast", "calendar"):
            code, _, err = cli(command, POLICIES / program, records, DAY, "--language=de", "-o", "csv:x.csv")
            assert code == 0, err
    assert lacking == set()


def test_numbers_and_days() -> None:
    from datetime import date
    from decimal import Decimal

    german, english_ = language("de"), language("en")
    assert german.day(date(2027, 1, 2)) == "2. Januar 2027"
    assert english_.day(date(2027, 1, 2)) == "2 January 2027"
    assert german.money(Decimal("1080"), "EUR") == "1.080,00 EUR"
    assert german.rate(Decimal("0.125")) == "12,5 %"
    assert german.number(Decimal(1) / Decimal(3)) == "rund 0,333333"
    assert german.every("P3M") == "alle 3 Monate"
    assert german.every("calendar quarter") == "jedes Kalenderquartal"


_VALUES = "three steps are taken here\n        values: [positive, neutral, negative]"
_TITLES = "{positive: {en: positive, de: gut}, neutral: neutral, negative: {en: negative}}"


@pytest.fixture
def bilingual(tmp_path: Path) -> Path:
    """ByteKast with some titles in two languages."""
    folder = tmp_path / "both"
    shutil.copytree(POLICIES / "bytekast", folder)
    for file, changes in {
        "levels.yaml": {
            "title: Reseller levels": "title: {en: Reseller levels, de: Händlerstufen}",
            "title: Silver": "title: {en: Silver, de: Silber}",
        },
        "program.yaml": {
            "  partner: the reseller": "  partner: {en: the reseller, de: der Händler}",
            _VALUES: _VALUES.replace("[positive, neutral, negative]", _TITLES),
        },
        "reviews.yaml": {"title: Quarterly reviews": "title: {en: Quarterly reviews}"},
    }.items():
        text = (folder / file).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


RECORD = FIXTURES / "bytekast/records/acme.yaml"


def test_a_second_language_changes_no_byte_of_the_first(
    cli: Callable[..., tuple[int, str, str]], bilingual: Path
) -> None:
    for words in (["evaluate"], ["letter", "-o", "html"]):
        command, *more = words
        one, other = (
            cli(command, folder, RECORD, DAY, *more)[1] for folder in (POLICIES / "bytekast", bilingual)
        )
        assert one.replace(str(POLICIES / "bytekast"), "") == other.replace(str(bilingual), "")


def test_the_wanted_language_is_taken_and_else_the_first(
    cli: Callable[..., tuple[int, str, str]], bilingual: Path
) -> None:
    code, text, _ = cli("letter", bilingual, RECORD, DAY, "--language=de")
    assert code == 0
    assert "Händlerstufen\nSie haben diese Stufe erreicht: Silber." in text
    assert "gut" in text
    assert "Gold" in text
    assert "800,00 USD" in text


def test_editors_and_check_know_titles_in_several_languages(
    cli: Callable[..., tuple[int, str, str]], bilingual: Path
) -> None:
    from jsonschema import Draft202012Validator

    from policyengine.api import schemas
    from policyengine.source import Source
    from policyengine.text.yaml import read_yaml

    assert cli("check", bilingual)[0] == 0
    text = (bilingual / "levels.yaml").read_text(encoding="utf-8")
    (document,) = read_yaml(Source("levels.yaml", text)).documents
    errors = Draft202012Validator(schemas()["tiers.schema.json"]).iter_errors(document.plain())
    assert [each.message for each in errors if "title" in each.absolute_path] == []


def test_a_language_that_does_not_exist_is_named(
    cli: Callable[..., tuple[int, str, str]], bilingual: Path
) -> None:
    path = bilingual / "reviews.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{en: Quarterly reviews}", "{en: A, dee: B}"))
    code, out, _ = cli("check", bilingual)
    assert code == 1
    assert "error[LANGUAGE001]: `dee` is not a language" in out


def test_a_change_of_a_second_language_is_one_of_wording(
    cli: Callable[..., tuple[int, str, str]], bilingual: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(bilingual, other)
    for file, old, new in (
        ("levels.yaml", "de: Silber", "de: Silberrang"),
        ("program.yaml", "neutral: neutral", "neutral: {en: neutral, de: mittel}"),
        ("reviews.yaml", "{en: Quarterly reviews}", "Quarterly reviews"),
    ):
        path = other / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    code, text, _ = cli("diff", bilingual, other)
    assert code == 0
    assert "“Silber” is now called “Silberrang” in `de`" in text
    assert "“neutral” now has texts in other languages" in text
    assert "“Quarterly reviews” no longer has texts in other languages" in text
    assert "3 changes of wording" in text
