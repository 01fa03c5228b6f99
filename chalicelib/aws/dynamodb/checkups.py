"""The Checkups port over DynamoDB: one item, which each weekly health check replaces."""

from dataclasses import dataclass

from chalicelib.aws.dynamodb import keys
from chalicelib.aws.dynamodb.table import Table
from chalicelib.aws.dynamodb.writes import put
from chalicelib.operations.findings import Checkup, Finding, Severity


@dataclass(frozen=True)
class DynamoCheckups:
    """`operations.ports.Checkups` over one table."""

    table: Table

    def keep(self, checkup: Checkup) -> None:
        findings = [
            {"name": each.name, "state": each.state.value, "what": each.what, "why": each.why, "remedy": each.remedy}
            for each in checkup.findings
        ]
        self.table.write(put({**keys.checkup_key(), "at": checkup.at, "findings": findings}))

    def last(self) -> Checkup | None:
        item = self.table.get(keys.checkup_key())
        if item is None:
            return None
        findings = [Finding(**{**each, "state": Severity(each["state"])}) for each in item["findings"]]
        return Checkup(int(item["at"]), findings)
