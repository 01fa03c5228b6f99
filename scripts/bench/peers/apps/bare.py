"""A bare Chalice app with one route that does nothing."""

from chalice.app import Chalice

app = Chalice(app_name="bare")


@app.route("/webhook", methods=["POST"])
def webhook() -> str:
    """Answer."""
    return "EVENT_RECEIVED"
