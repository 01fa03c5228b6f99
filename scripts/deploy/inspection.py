"""Checks that the AWS resources of a stage are as `parley deploy` makes them; each difference comes with a remedy.

What the bot depends on outside AWS is checked by `chalicelib.operations.health`, here and in the cloud.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.access import quota
from chalicelib.access.budget import part_of_channel, usd
from chalicelib.aws.dynamodb.api_keys import DynamoApiKeys
from chalicelib.aws.dynamodb.spend import DynamoSpending
from chalicelib.bootstrap import clients
from chalicelib.clock import Clock
from chalicelib.errors import ParleyError
from chalicelib.llm import listed
from chalicelib.operations import open_keys
from chalicelib.operations.findings import Finding, Severity, worst
from chalicelib.settings.stage import Secret
from scripts.deploy import runtimes
from scripts.deploy.deployment import Deployment
from scripts.deploy.functions import AGE_S, RETRIES
from scripts.deploy.money import NEARLY_SPENT, Money
from scripts.stage import hints
from scripts.stage.environment import configured, full_name, functions

_COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
"""States of a stack that can be updated; in the last one a failed update was undone."""
_LISTENING: Final = frozenset({"Enabled", "Enabling", "Creating", "Updating"})


@dataclass(frozen=True)
class Inspection:
    """Checks the AWS resources of one stage."""

    deployment: Deployment
    clock: Clock = clients.clock

    def run(self) -> list[Finding]:
        """Return the findings of all checks; only that of the credentials if AWS refuses them.

        A check that fails itself is a finding, too: no ParleyError and no error of boto3 is raised.
        """
        credentials = self._made("credentials", self._credentials)
        return credentials if worst(credentials) is Severity.BROKEN else [*credentials, *self._all_checks()]

    def _all_checks(self) -> list[Finding]:
        channels, money = self.deployment.channels, Money(self.deployment.environment, self.clock, self._deploy)
        checks: dict[str, Callable[[], Iterable[Finding]]] = {
            "data-stack": self._stack,
            "table": self._table,
            "functions": self._functions,
            "runtime": self._runtime,
            "retries": self._retries,
            "wake": self._wake,
            "heartbeat": self._rule,
            **({"websocket": self._websocket, "open-keys": self._open_keys} if channels.web else {}),
            "dead-letters": self._dead_letters,
            "alarms": self._alarms,
            "owner": self._owner,
            "concurrency": self._concurrency,
            "throttles": self._throttles,
            "provider": money.outages,
            "budget": self._budget,
            "month": money.month,
        }
        return [finding for name, check in checks.items() for finding in self._made(name, check)]

    def _made(self, name: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
        try:
            with self.deployment.environment.explaining():
                return list(check())
        except (ParleyError, ClientError, BotoCoreError) as exc:
            return [Finding.broken(name, f"could not be checked: {exc}", "the state is unknown", "see the message")]

    def _credentials(self) -> Iterable[Finding]:
        environment = self.deployment.environment
        account = environment.account()
        self.deployment.check_account(account)
        yield Finding.ok("credentials", f"account {account} in {environment.aws.region}")

    def _stack(self) -> Iterable[Finding]:
        stack = self.deployment.stack
        status = stack.status()
        if status not in _COMPLETE:
            what = f"the stack {stack.name} is {status.lower().replace('_', ' ') or 'not there'}"
            yield Finding.broken("data-stack", what, "it holds the table, the queues and the alarms", self._deploy)
        elif drifted := stack.drifted():
            what = f"changed by hand: {', '.join(drifted)}"
            why = "the next deployment may undo the change, or fail because of it"
            yield Finding.warning("data-stack", what, why, f"{self._deploy}, or change it in .chalice/resources.yaml")
        else:
            yield Finding.ok("data-stack", "as the template made it")

    def _table(self) -> Iterable[Finding]:
        client, name = self._client("dynamodb"), self.deployment.environment.settings.stage.table
        table = client.describe_table(TableName=name)["Table"]
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        restorable = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        lacking = [
            what
            for what, there in {
                "the index due": "due" in _indexes(table),
                "the index people": "people" in _indexes(table),
                "expiry": ttl in {"ENABLED", "ENABLING"},
                "point-in-time recovery": restorable == "ENABLED",
                "deletion protection": table.get("DeletionProtectionEnabled", False),
            }.items()
            if not there
        ]
        if lacking:
            why = "the bot needs it to find people who wait, to delete data in time, and to restore lost data"
            yield Finding.broken("table", f"{name} lacks {', '.join(lacking)}", why, self._deploy)
        else:
            yield Finding.ok("table", f"{name}, {table.get('ItemCount', 0)} items at the last count")

    def _functions(self) -> Iterable[Finding]:
        stage = self.deployment.stage
        for name, wanted in functions(stage).items():
            yield self._function(full_name(stage, name), wanted, configured(stage))

    def _function(self, function: str, wanted: Any, environment: dict[str, str]) -> Finding:
        client, name = self._client("lambda"), f"function-{function}"
        try:
            found = client.get_function_configuration(FunctionName=function)
        except client.exceptions.ResourceNotFoundException:
            return Finding.broken(name, "it does not exist", "the bot does not work without it", self._deploy)
        variables = found.get("Environment", {}).get("Variables", {})
        differing = [
            what
            for what, same in {
                f"memory is {found['MemorySize']} MB": found["MemorySize"] == wanted["lambda_memory_size"],
                f"time-out is {found['Timeout']} s": found["Timeout"] == wanted["lambda_timeout"],
                "its settings differ from .chalice/config.json": variables.items() >= environment.items(),
                f"its state is {found.get('State')}": found.get("State", "Active") in {"Active", "Inactive"},
                "its last update failed": found.get("LastUpdateStatus") != "Failed",
            }.items()
            if not same
        ]
        if differing:
            return Finding.broken(
                name, ", ".join(differing), "it was changed by hand or a deployment broke off", self._deploy
            )
        return Finding.ok(name, f"{found['Runtime']}, {found['MemorySize']} MB, {found['Timeout']} s")

    def _runtime(self) -> Iterable[Finding]:
        client, today = self._client("lambda"), datetime.fromtimestamp(self.clock() / 1000, UTC).date()
        worker = self.deployment.environment.settings.stage.worker_function
        try:
            runtime = client.get_function_configuration(FunctionName=worker)["Runtime"]
        except client.exceptions.ResourceNotFoundException:
            return
        if end := runtimes.ending(runtime, today):
            why = "then AWS no longer repairs it, and later refuses new versions of the bot"
            remedy = f"install Python {runtimes.BEST}, delete .venv, and run {self._deploy}"
            yield Finding.warning("runtime", end, why, remedy)
        else:
            yield Finding.ok("runtime", runtime)

    def _retries(self) -> Iterable[Finding]:
        client, worker = self._client("lambda"), self.deployment.environment.settings.stage.worker_function
        queue = self.deployment.stack.outputs().get("DeadLettersArn")
        try:
            found = client.get_function_event_invoke_config(FunctionName=worker)
        except client.exceptions.ResourceNotFoundException:
            found = {}
        destination = found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        wanted = (RETRIES, AGE_S, queue)
        if (found.get("MaximumRetryAttempts"), found.get("MaximumEventAgeInSeconds"), destination) != wanted:
            why = "messages that fail would be lost, or retried when it is too late for an answer"
            yield Finding.broken("retries", "the worker's retries are not configured as deployed", why, self._deploy)
        else:
            yield Finding.ok("retries", f"{RETRIES} within an hour, then the dead-letter queue")

    def _wake(self) -> Iterable[Finding]:
        client, worker = self._client("lambda"), self.deployment.environment.settings.stage.worker_function
        queue = self.deployment.stack.outputs().get("WakeQueueArn")
        mappings = client.list_event_source_mappings(FunctionName=worker)["EventSourceMappings"]
        listening = {mapping["EventSourceArn"] for mapping in mappings if mapping["State"] in _LISTENING}
        if listening != ({queue} if queue else set()):
            why = "only the heartbeat may wake the worker, once a minute"
            yield Finding.broken("wake", "the worker's event sources are not configured as deployed", why, self._deploy)
        else:
            yield Finding.ok("wake", "by the FIFO queue" if queue else "by asynchronous invocation")

    def _rule(self) -> Iterable[Finding]:
        client, name = self._client("events"), f"{self.deployment.stack.name}-heartbeat-event"
        try:
            state = client.describe_rule(Name=name)["State"]
        except client.exceptions.ResourceNotFoundException:
            state = "not there"
        if state != "ENABLED":
            why = "functions are not kept warm, and messages that a crash left unanswered stay so"
            yield Finding.broken("heartbeat", f"its rule is {state.lower()}", why, self._deploy)
        else:
            yield Finding.ok("heartbeat", "every minute")

    def _websocket(self) -> Iterable[Finding]:
        url, vault = self.deployment.websocket_url(), self.deployment.vault
        lacking = [
            what
            for what, there in {
                "a WebSocket API that can be reached": bool(url),
                f"the parameter {Secret.WEBSOCKET_URL} with its address": vault.noted(Secret.WEBSOCKET_URL) == url,
                f"the secret {Secret.TICKET_KEY}": Secret.TICKET_KEY in vault.stored(),
            }.items()
            if not there
        ]
        if lacking:
            yield Finding.broken(
                "websocket", f"missing: {', '.join(lacking)}", "people cannot use the web chat", self._deploy
            )
        else:
            yield Finding.ok("websocket", url)

    def _open_keys(self) -> Iterable[Finding]:
        settings = self.deployment.environment.settings
        keys = list(DynamoApiKeys(self.deployment.environment.table).list())
        part = part_of_channel(settings.limits.daily_budget, is_shared=settings.stage.channels.are_both)
        dollars = None if listed.budget(settings).is_free else usd(part)
        yield from open_keys.findings(
            keys, settings.web, dollars_a_day=dollars, stage=self.deployment.stage, now=self.clock()
        )

    def _dead_letters(self) -> Iterable[Finding]:
        client = self._client("sqs")
        waiting = sum(self._waiting(client, f"{self.deployment.stack.name}-dead{suffix}") for suffix in ("", ".fifo"))
        if waiting:
            stage = self.deployment.stage
            remedy = f"{hints.command('replay', stage)}, and see {hints.command('logs --errors', stage)}"
            yield Finding.warning("dead-letters", f"{waiting} wait", "people got no answer, even after retries", remedy)
        else:
            yield Finding.ok("dead-letters", "none")

    @staticmethod
    def _waiting(client: Any, queue: str) -> int:
        try:
            url = client.get_queue_url(QueueName=queue)["QueueUrl"]
        except client.exceptions.QueueDoesNotExist:
            return 0
        name = "ApproximateNumberOfMessages"
        return int(client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])

    def _alarms(self) -> Iterable[Finding]:
        found = self._client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{self.deployment.stack.name}-")
        ringing = [alarm for alarm in found["MetricAlarms"] if alarm["StateValue"] == "ALARM"]
        for alarm in ringing:
            why, _, remedy = alarm.get("AlarmDescription", "").partition(" See: ")
            why, remedy = why or "the alarm has no description", remedy or "see the alarm in CloudWatch's console"
            yield Finding.warning(f"alarm-{alarm['AlarmName']}", "its state is ALARM", why, remedy)
        if not ringing:
            yield Finding.ok("alarms", f"{len(found['MetricAlarms'])}, none in the state ALARM")

    def _owner(self) -> Iterable[Finding]:
        topic = self.deployment.stack.outputs().get("TopicArn", "")
        found = self._client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] if topic else []
        states = {one["SubscriptionArn"] for one in found}
        if any(state.startswith("arn:") for state in states):
            yield Finding.ok("owner", "a subscriber gets the alerts on faults and new people")
        elif "PendingConfirmation" in states:
            remedy = "open the mail that AWS sent there, and click on Confirm subscription"
            yield Finding.warning("owner", "the e-mail address is not confirmed yet", "you get no alerts", remedy)
        else:
            remedy = f"{self._deploy} --email you@example.org"
            yield Finding.warning(
                "owner", "there is no subscriber for alerts on faults and new people", "you get no alerts", remedy
            )

    def _concurrency(self) -> Iterable[Finding]:
        yield self.deployment.capacity.finding(self._deploy)

    def _throttles(self) -> Iterable[Finding]:
        api, websocket_api = self.deployment.state.api_id(), self.deployment.state.websocket_api_id()
        if api and (websocket_api or not self.deployment.channels.web):  # other checks say if they are missing
            yield self.deployment.throttles.finding(api, websocket_api, self._deploy)

    def _budget(self) -> Iterable[Finding]:
        settings, now = self.deployment.environment.settings, self.clock()
        limits = settings.limits
        if listed.budget(settings).is_free:
            return
        if not limits.daily_budget:
            why = "no paid model is asked, so people get no answers"
            remedy = f"set an amount such as 1 in .chalice/config.json and run {self._deploy}"
            yield Finding.broken("budget", "PARLEY_DAILY_BUDGET_USD is 0", why, remedy)
            return
        today = date.fromisoformat(quota.date_at(now, zone=limits.zone))
        [spent] = DynamoSpending(self.deployment.environment.table).days(today, today)
        of_channel = part_of_channel(limits.daily_budget, is_shared=settings.stage.channels.are_both)
        used = spent.used(limits.daily_budget, of_channel=of_channel)
        what = f"{usd(spent.committed)} of {usd(limits.daily_budget)} USD are spent today"
        full = [channel for channel, part in spent.channels.items() if part >= of_channel]
        what += f", and all that {' and '.join(full)} may use" if full else ""
        remedy = f"wait until midnight, or raise PARLEY_DAILY_BUDGET_USD in .chalice/config.json and run {self._deploy}"
        if used >= 1:
            where = f" on {' and '.join(full)}" if full and spent.committed < limits.daily_budget else ""
            yield Finding.broken("budget", what, f"people{where} get no answers until midnight", remedy)
        elif used >= NEARLY_SPENT:
            yield Finding.warning("budget", what, "once it is all spent, people get no answers until midnight", remedy)
        else:
            yield Finding.ok("budget", what)

    @property
    def _deploy(self) -> str:
        return hints.command("deploy", self.deployment.stage)

    def _client(self, service: str) -> Any:
        return self.deployment.environment.aws.client(service)


def _indexes(table: Any) -> set[str]:
    return {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
