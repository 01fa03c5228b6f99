"""Closes the open connections of a stage's web chat from this machine."""

from typing import TYPE_CHECKING, cast

import click

from chalicelib.access.ports import LiveConnections
from scripts.cli import options
from scripts.stage.environment import Environment

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient


def live_connections(environment: Environment) -> LiveConnections:
    """Return the connections of a stage. One that API Gateway does not close is named on standard error."""
    from chalicelib.aws.dynamodb.connections import DynamoConnections  # noqa: PLC0415 (imports boto3)
    from chalicelib.channels.web.closing import ConnectionCloser  # noqa: PLC0415
    from chalicelib.channels.web.connection_api import ApiGatewayConnections  # noqa: PLC0415

    def create(endpoint: str) -> "ApiGatewayManagementApiClient":
        return cast(
            "ApiGatewayManagementApiClient", environment.aws.client("apigatewaymanagementapi", endpoint=endpoint)
        )

    def report(error: Exception) -> None:
        click.echo(f"A connection stays open, but gets no answers any more: {error}", err=True)

    connections = DynamoConnections(environment.table)
    return ConnectionCloser(connections, ApiGatewayConnections(create), options.clock, report)
