import pytest

from chalicelib.operations.findings import Severity
from chalicelib.operations.spending_limit import OPENAI_PAGE, SpendingLimit, advised
from chalicelib.settings.stage import Settings
from scripts.cli import spending_limit_view


def limit(**environment: str) -> SpendingLimit | None:
    return advised(Settings.from_env(environment))


@pytest.mark.parametrize(
    ("daily", "monthly"), [("1", 31), ("0.50", 16), ("0.000001", 1), ("0.01", 1), ("10", 310), ("999999", 30_999_969)]
)
def test_the_limit_is_the_budget_of_thirty_one_days_in_whole_dollars_rounded_up(daily: str, monthly: int):
    assert limit(PARLEY_DAILY_BUDGET_USD=daily) == SpendingLimit(monthly, OPENAI_PAGE, is_all=False)


@pytest.mark.parametrize(("month", "monthly"), [("20", 20), ("19.5", 20), ("31", 31), ("100", 31)])
def test_a_monthly_budget_is_the_limit_if_it_is_less(month: str, monthly: int):
    found = limit(PARLEY_MONTHLY_BUDGET_USD=month)
    assert found == SpendingLimit(monthly, OPENAI_PAGE, is_all=False)


def test_without_a_budget_no_paid_model_is_called_and_no_limit_is_needed():
    assert limit(PARLEY_DAILY_BUDGET_USD="0") is None
    assert limit(PARLEY_MONTHLY_BUDGET_USD="0") is None


@pytest.mark.parametrize("url", ["https://eu.api.openai.com/v1", "https://api.openai.com/v1"])
def test_openai_has_one_page_for_all_its_regions(url: str):
    assert limit(OPENAI_BASE_URL=url) == SpendingLimit(31, OPENAI_PAGE, is_all=False)


def test_at_another_provider_the_limit_is_the_only_one_since_its_calls_count_as_free():
    found = limit(OPENAI_BASE_URL="https://openrouter.ai/api/v1")
    assert found == SpendingLimit(31, "the billing page of openrouter.ai's provider", is_all=True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:11434/v1", "http://[::1]:8080/v1"])
def test_a_model_on_this_computer_costs_nothing(url: str):
    assert limit(OPENAI_BASE_URL=url) is None


@pytest.mark.parametrize("url", ["https://api.openai.com/v1", "https://openrouter.ai/api/v1"])
def test_the_owner_reads_how_much_and_where_in_lines_of_80_columns(url: str):
    found = limit(OPENAI_BASE_URL=url, PARLEY_DAILY_BUDGET_USD="1000")
    assert found
    lines = spending_limit_view.as_text(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert "31000 USD a month" in lines[0]
    assert lines[1].strip() == found.where


def test_the_doctor_tells_it_and_finds_no_fault():
    found = limit()
    assert found
    finding = found.finding
    assert (finding.state, finding.name) == (Severity.OK, "spending-limit")
    assert OPENAI_PAGE in finding.what
