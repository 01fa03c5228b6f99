import json
from typing import Any

import pytest

from chalicelib.channels.messenger.events import (
    Edited,
    Event,
    HumanReplied,
    Ignored,
    PolicyEnforced,
    Receipt,
    Unsent,
    metadata,
    parse,
)
from chalicelib.channels.messenger.handover import ThreadReturned, ThreadTaken
from chalicelib.conversation.turn import MAX_TEXT, IncomingMessage
from chalicelib.ids import Channel, ConversationId, PersonId, TurnId

Item = dict[str, Any]

NOW = 1_795_176_000_000
SENT = 1_795_175_999_000
ENTRY_TIME = NOW - 500
ROOM = ConversationId("messenger:PAGE:PSID")
OUR_APP = "900800700"
INBOX = 263902037430900


def _body(*items: object, **entry: object) -> bytes:
    whole = {"id": "PAGE", "time": ENTRY_TIME, "messaging": list(items), **entry}
    return json.dumps({"object": "page", "entry": [whole]}).encode()


def _item(**kind: Any) -> Item:
    return {"sender": {"id": "PSID"}, "recipient": {"id": "PAGE"}, "timestamp": SENT, **kind}


def _message(**message: Any) -> Item:
    return _item(message={"mid": "m_1", **message})


def _read(*items: object, **entry: object) -> list[Event]:
    return parse(_body(*items, **entry), now=NOW)


def _heard(item: object) -> IncomingMessage:
    [event] = _read(item)
    assert isinstance(event, IncomingMessage)
    return event


def test_a_text_message_is_to_be_answered():
    assert _heard(_message(text="hello")) == IncomingMessage(
        id="m_1",
        channel=Channel.MESSENGER,
        conversation=ROOM,
        person=PersonId(ROOM),
        at=SENT,
        text="hello",
    )


@pytest.mark.parametrize(
    "more",
    [
        {"quick_reply": {"payload": "COLOUR_RED"}},
        {"quick_reply": None},
        {"reply_to": {"mid": "m_0", "is_self_reply": False}},
        {"commands": [{"name": "help"}]},
        {"referral": {"ref": "x", "ad_id": "1", "source": "ADS", "type": "OPEN_THREAD", "ads_context_data": {}}},
        {"nlp": {"entities": {}}, "seq": 73},
        {"is_echo": False},
        {"is_deleted": False},
        {"something_new": [1, 2]},
    ],
)
def test_other_fields_do_not_change_a_text(more: Item):
    heard = _heard(_message(text="hello", **more))
    assert (heard.id, heard.text, heard.attachments) == ("m_1", "hello", ())


@pytest.mark.parametrize("text", ["help", " Help ", "/help", "@help"])
def test_a_command_from_messengers_list_is_parsed(text: str):
    assert _heard(_message(text=text, commands=[{"name": "usage"}, {"name": "help"}])).text == "/help"


@pytest.mark.parametrize("commands", [None, [], ["help"], [{}], [{"name": None}], [{"name": "usage"}]])
def test_a_word_that_is_not_in_commands_is_no_command(commands: object):
    assert _heard(_message(text="help", commands=commands)).text == "help"


def test_a_tap_on_a_quick_reply_is_its_command():
    assert _heard(_message(text="Yes, delete it", quick_reply={"payload": "/forget yes"})).text == "/forget yes"


@pytest.mark.parametrize(
    ("attachments", "kinds"),
    [
        ([{"type": "image", "payload": {"url": "https://cdn/x"}}], ("image",)),
        ([{"type": "audio", "payload": {}}, {"type": "video", "payload": {}}], ("audio", "video")),
        ([{"type": "image", "payload": {"url": "u", "sticker_id": 369239263222822}}], ("sticker",)),
        ([{"type": "sticker", "payload": {"sticker_id": 1}}], ("sticker",)),
        ([{"type": "fallback", "title": "Attachment Unavailable", "url": None, "payload": None}], ("fallback",)),
        ([{"type": "fallback", "title": "Attachment Unavailable", "url": ""}], ("fallback",)),
        ([{"type": "share", "title": "t", "payload": {"url": "javascript:alert(1)"}}], ("share",)),
        ([{"type": "share", "title": "t", "payload": {"url": "data:text/html,x"}}], ("share",)),
        ([{"type": "fallback", "title": "t", "url": "u"}], ("fallback",)),
        ([{"type": "fallback", "title": "t", "url": "https://[oops"}], ("fallback",)),
        ([{"type": "fallback", "title": "t", "url": "https://x.example/a\nb"}], ("fallback",)),
        ([{"type": "fallback", "title": "t", "url": ["https://x.example"]}], ("fallback",)),
        ([{"type": "fallback", "title": "t", "url": "https://x.example/" + "a" * 2000}], ("fallback",)),
        ([{"type": "template", "payload": {"product": {"elements": []}}}], ("template",)),
        ([{"type": "template", "payload": {"product": 7, "elements": {}}}], ("template",)),
        (
            [{"type": "video", "title": "Not ours to show", "payload": {"url": "https://cdn.example/secret"}}],
            ("video",),
        ),
        ([{"type": "location", "payload": {"coordinates": {"lat": 1.0, "long": 2.0}}}], ("location",)),
        ([{"payload": {}}], ("unknown",)),
        ([{"type": 7}], ("unknown",)),
        ([None, "image", {"type": "file"}], ("file",)),
        ([{"type": "x" * 99}], ("x" * 32,)),
        ([{"type": "\ud83d"}], ("\ufffd",)),
        ([{"type": "image"}] * 99, ("image",) * 10),
    ],
)
def test_the_kinds_of_attachments_are_parsed(attachments: list[object], kinds: tuple[str, ...]):
    heard = _heard(_message(attachments=attachments))
    assert (heard.text, heard.attachments) == ("", kinds)


@pytest.mark.parametrize(
    ("attachment", "words"),
    [
        (
            {"type": "fallback", "title": "A bicycle", "url": "https://shop.example/b?x=1", "payload": None},
            "A bicycle, https://shop.example/b?x=1",
        ),
        ({"type": "fallback", "payload": {"title": "t", "url": "http://x.example"}}, "t, http://x.example"),
        ({"type": "fallback", "url": "https://x.example"}, "https://x.example"),
        (
            {
                "type": "fallback",
                "title": "TV",
                "url": "https://l.facebook.com/l.php?u=https%3A%2F%2Fx.example%2Fa%3Fb&h=AT",
            },
            "TV, https://x.example/a?b",
        ),
        (
            {"type": "fallback", "title": "t", "url": "https://l.facebook.com/l.php?h=AT"},
            "t, https://l.facebook.com/l.php?h=AT",
        ),
        (
            {"type": "share", "payload": {"url": "https://www.facebook.com/p/posts/1", "title": "Our  sale\nbegins"}},
            "Our sale begins, https://www.facebook.com/p/posts/1",
        ),
        ({"type": "post", "payload": {"url": "https://www.facebook.com/1"}}, "https://www.facebook.com/1"),
        ({"type": "ig_post", "payload": {"title": "x", "url": "https://ig.example"}}, "x, https://ig.example"),
        (
            {"type": "reel", "payload": {"url": "/reel/1/", "title": "Cats", "reel_video_id": 1}},
            "Cats, https://www.facebook.com/reel/1/",
        ),
        (
            {
                "type": "template",
                "payload": {"product": {"elements": [{"id": "1", "title": "Shoe", "subtitle": "20 EUR"}]}},
            },
            "Shoe, 20 EUR",
        ),
        (
            {
                "type": "template",
                "title": "Offer",
                "payload": {"elements": [{"title": "A", "url": "https://a.example"}, 7]},
            },
            "Offer, A, https://a.example",
        ),
        (
            {
                "type": "fallback",
                "url": "https://l.facebook.com/l.php?u=https%3A%2F%2Fx.example%2F" + "%25C3%25A9" * 250,
            },
            "https://x.example/" + "%C3%A9" * 250,
        ),
        (
            {"type": "share", "payload": {"title": "t", "url": "https://x.example/a b?c d"}},
            "t, https://x.example/a%20b?c%20d",
        ),
        (
            {
                "type": "fallback",
                "title": "t",
                "url": "https://l.facebook.com/l.php?u=%20http%3A%2F%2Fx.example%2Fa%20b",
            },
            "t, http://x.example/a%20b",
        ),
        ({"type": "fallback", "title": "\ud83d", "url": "https://x.example"}, "\ufffd, https://x.example"),
        ({"type": "fallback", "title": "x" * 999, "url": "https://x.example"}, "x" * 200 + ", https://x.example"),
    ],
)
def test_title_and_address_of_a_shared_link_become_text(attachment: Item, words: str):
    heard = _heard(_message(attachments=[attachment]))
    assert (heard.text, heard.attachments) == (f"[shared: {words}]", ())
    heard = _heard(_message(text="Look!", attachments=[attachment, {"type": "image"}]))
    assert (heard.text, heard.attachments) == (f"Look!\n[shared: {words}]", ("image",))


def test_what_the_text_says_already_is_not_said_again():
    link = {"type": "fallback", "title": "A bicycle", "url": "https://shop.example/b"}
    heard = _heard(_message(text="https://shop.example/b", attachments=[link]))
    assert (heard.text, heard.attachments) == ("https://shop.example/b\n[shared: A bicycle]", ())
    heard = _heard(_message(text="https://shop.example/b A bicycle", attachments=[link, link]))
    assert (heard.text, heard.attachments) == ("https://shop.example/b A bicycle", ())


def test_a_link_does_not_make_a_text_too_long():
    link = {"type": "share", "payload": {"title": "t", "url": "https://x.example/" + "a" * 500}}
    for length, unseen in ((MAX_TEXT - 600, ()), (MAX_TEXT - 500, ("share",)), (MAX_TEXT, ("share",))):
        heard = _heard(_message(text="a" * length, attachments=[link]))
        assert (len(heard.text) <= MAX_TEXT, heard.attachments) == (True, unseen)
    heard = _heard(
        _message(attachments=[{**link, "payload": {"url": f"https://x.example/{'a' * 1500}/{n}"}} for n in range(9)])
    )
    assert len(heard.text) <= MAX_TEXT
    assert set(heard.attachments) == {"share"}


@pytest.mark.parametrize(
    "command", [{"text": "/help"}, {"text": "help", "commands": [{"name": "help"}]}, {"text": "/reset"}], ids=str
)
def test_a_link_does_not_change_a_command(command: Item):
    link = {"type": "fallback", "title": "t", "url": "https://x.example"}
    assert _heard(_message(**command, attachments=[link])).text == _heard(_message(**command)).text


def test_a_text_may_come_with_attachments():
    heard = _heard(_message(text="Look!", attachments=[{"type": "image", "payload": {"url": "u"}}]))
    assert (heard.text, heard.attachments) == ("Look!", ("image",))


@pytest.mark.parametrize("message", [{"is_unsupported": True}, {"sticker_id": 369239263222822}])
def test_an_unsupported_message_has_the_attachment_unsupported(message: Item):
    assert _heard(_message(**message)).attachments == ("unsupported",)


@pytest.mark.parametrize(
    ("postback", "words"),
    [
        ({"title": "Get started", "payload": "GET_STARTED"}, "/start"),
        ({"title": "Get started", "payload": "GET_STARTED", "referral": {"ref": "x", "source": "SHORTLINK"}}, "/start"),
        ({"title": "What can you do?", "payload": "/help"}, "/help"),
        ({"title": "What does it cost?", "payload": "ICE_BREAKER_1"}, "What does it cost?"),
        ({"title": "What does it cost?"}, "What does it cost?"),
        ({"payload": "OLD_BUTTON"}, "OLD_BUTTON"),
    ],
)
def test_a_tap_on_a_button_is_a_message(postback: Item, words: str):
    heard = _heard(_item(postback={"mid": "m_2", **postback}))
    assert (heard.id, heard.text, heard.conversation, heard.at) == ("m_2", words, ROOM, SENT)


def test_an_unsent_message():
    assert _read(_message(is_deleted=True)) == [Unsent(ROOM, "m_1")]


@pytest.mark.parametrize(("count", "edit"), [(2, 2), ("3", 3), (None, 1), ("x", 1), (-5, 1), ("9" * 5000, 1)])
def test_a_message_that_was_edited(count: object, edit: int):
    item = _item(message_edit={"mid": "m_1", "text": "new", "num_edit": count})
    assert _read(item) == [Edited(ROOM, "m_1", "new", edit)]


def test_an_edit_without_a_valid_number_is_the_first():
    assert _read(_item(message_edit={"mid": "m_1", "text": "new"})) == [Edited(ROOM, "m_1", "new", 1)]


def _read_as(app: str, *items: Item) -> list[Event]:
    return parse(_body(*items), now=NOW, app=app)


def _by_hand(text: str) -> HumanReplied:
    return HumanReplied(ROOM, SENT, "m_3", text)


def _echo(**message: Any) -> Item:
    return {
        "sender": {"id": "PAGE"},
        "recipient": {"id": "PSID"},
        "timestamp": SENT,
        "message": {"mid": "m_3", "is_echo": True, **message},
    }


@pytest.mark.parametrize("app", [{}, {"app_id": 1517776481860111}, {"app_id": "263902037430900"}])
def test_an_echo_with_our_metadata_is_a_receipt(app: Item):
    turn = TurnId("1795175999000#" + "ab" * 32)
    item = _echo(text="Our answer", metadata=metadata(turn, 2), **app)
    assert _read(item) == [Receipt(ROOM, turn, 2)]


@pytest.mark.parametrize("app", ["263902037430900", 263902037430900, 26390203743090])
@pytest.mark.parametrize("note", [{}, {"metadata": "something else"}, {"metadata": "x#y"}, {"metadata": None}])
def test_an_echo_from_the_pages_inbox_is_a_human_reply(app: object, note: Item):
    assert _read(_echo(text="I am Tom", app_id=app, **note)) == [_by_hand("I am Tom")]


@pytest.mark.parametrize("app", [{}, {"app_id": None}, {"app_id": ""}, {"app_id": True}, {"app_id": {}}], ids=str)
@pytest.mark.parametrize(
    "message",
    [
        {"text": "Hi"},
        {"text": "Hi", "metadata": "a#b"},
        {"metadata": "#1", "text": "Hi"},
        {"attachments": [{"type": "image", "payload": {"url": "u"}}]},
        {"attachments": [{"type": "image", "payload": {"sticker_id": 369239263222822}}]},
        {"text": "See", "attachments": [{"type": "fallback", "title": "t", "url": "https://x.example"}]},
    ],
    ids=str,
)
def test_an_echo_without_an_app_is_a_human_reply(app: Item, message: Item):
    assert _read(_echo(**message, **app)) == [_by_hand(message.get("text", ""))]


@pytest.mark.parametrize(
    "message",
    [
        {"attachments": [{"title": "A post of the page", "url": None, "type": "template", "payload": None}]},
        {"attachments": [{"title": "A post of the page", "url": "https://x.example", "type": "fallback"}]},
        {"text": " "},
        {"text": None, "attachments": None},
        {"attachments": ["image", 7]},
        {"is_deleted": True},
    ],
    ids=str,
)
def test_an_echo_without_an_app_that_nobody_wrote_is_ignored(message: Item):
    assert _read(_echo(**message)) == [Ignored("echo")]


@pytest.mark.parametrize("app", [42, "42", 0, -1])
def test_after_an_echo_from_another_app_the_thread_is_anothers_but_nobody_says_that_a_human_wrote(app: object):
    assert _read(_echo(text="Hi", app_id=app)) == [ThreadTaken(ROOM, SENT)]


@pytest.mark.parametrize("app", [OUR_APP, int(OUR_APP)])
def test_an_echo_from_our_own_app_is_nobodys_reply_even_without_metadata(app: object):
    assert _read_as(OUR_APP, _echo(text="Hi", app_id=app)) == [Ignored("echo")]
    assert _read_as("8", _echo(text="Hi", app_id=app)) == [ThreadTaken(ROOM, SENT)]


def test_another_apps_receipt_with_a_template_alone_is_nobodys_reply():
    template = {"type": "template", "payload": {"template_type": "receipt"}}
    assert _read(_echo(attachments=[template], app_id=42)) == [Ignored("echo")]


@pytest.mark.parametrize("part", ["-1", "1000", "٣", "²", "1.5", " 1", ""])
def test_metadata_with_an_invalid_part_is_no_receipt(part: str):
    assert _read(_echo(metadata=f"turn#{part}")) == [Ignored("echo")]


@pytest.mark.parametrize("missing", ["sender", "recipient"])
def test_an_echo_without_sender_or_recipient_is_ignored(missing: str):
    item = {name: value for name, value in _echo(metadata="turn#1").items() if name != missing}
    assert _read(item) == [Ignored("echo")]


@pytest.mark.parametrize("action", ["warning", "block", "unblock"])
@pytest.mark.parametrize("spelling", ["policy_enforcement", "policy-enforcement"])
def test_a_policy_enforcement_is_parsed(action: str, spelling: str):
    item = {"recipient": {"id": "PAGE"}, "timestamp": SENT, spelling: {"action": action, "reason": "…"}}
    assert _read(item) == [PolicyEnforced(action)]


@pytest.mark.parametrize("enforcement", [{}, {"action": "<script>"}, {"action": 1}, None, "block"])
def test_an_unexpected_policy_action_is_unknown(enforcement: object):
    assert _read({"recipient": {"id": "PAGE"}, "policy_enforcement": enforcement}) == [PolicyEnforced("unknown")]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("read", {"watermark": 1458668856253}),
        ("read", {"mid": "m_1"}),
        ("delivery", {"mids": ["m_1"], "watermark": 1}),
        ("reaction", {"mid": "m_1", "action": "unreact"}),
        ("referral", {"ref": "x", "source": "SHORTLINK", "type": "OPEN_THREAD"}),
        ("optin", {"type": "notification_messages", "payload": ""}),
        ("account_linking", {"status": "unlinked"}),
        ("app_roles", {"1": ["primary_receiver"]}),
        ("response_feedback", {"feedback": "Good response", "mid": "m_1"}),
        ("prior_message", {"source": "checkbox_plugin", "identifier": "x"}),
        ("order", {}),
        ("game_play", {}),
    ],
)
def test_an_ignored_item_has_its_kind(kind: str, value: object):
    with_sender = _item(**{kind: value})
    without_time = {name: found for name, found in with_sender.items() if name != "timestamp"}
    from_a_plugin = {**with_sender, "sender": {"user_ref": "REF"}}
    assert _read(with_sender, without_time, from_a_plugin) == [Ignored(kind)] * 3


@pytest.mark.parametrize("item", [_item(), _item(messaging_in_thread_lead_form_submit={}), _item(secret_words="x")])
def test_an_unknown_item_is_ignored_without_its_text(item: Item):
    assert _read(item) == [Ignored("unknown")]


@pytest.mark.parametrize(
    "message",
    [{}, {"text": ""}, {"text": " \n"}, {"text": None}, {"text": 7}, {"attachments": []}, {"attachments": {}}],
)
def test_an_empty_message_is_ignored(message: Item):
    assert _read(_message(**message)) == [Ignored("empty")]


@pytest.mark.parametrize("postback", [{}, {"title": ""}, {"title": None, "payload": 7}])
def test_an_empty_postback_is_ignored(postback: Item):
    assert _read(_item(postback=postback)) == [Ignored("empty")]


@pytest.mark.parametrize("sender", [None, {}, {"id": None}, {"id": ""}, {"id": " "}, {"id": True}, {"id": 1.5}, "PSID"])
def test_a_message_without_a_sender_is_ignored(sender: object):
    assert _read({**_message(text="hello"), "sender": sender}) == [Ignored("nobody")]


def test_a_message_from_the_page_to_itself_is_ignored():
    assert _read({**_message(text="hello"), "sender": {"id": "PAGE"}}) == [Ignored("nobody")]


@pytest.mark.parametrize("recipient", [None, {}, {"id": None}])
def test_a_message_without_a_recipient_is_for_the_page_of_its_entry(recipient: object):
    assert _heard({**_message(text="hello"), "recipient": recipient}).conversation == ROOM


def test_ids_may_be_numbers():
    item = {
        "sender": {"id": 1254459154682919},
        "recipient": {"id": 682498302938465},
        "timestamp": SENT,
        "message": {"mid": 77, "text": "hello"},
    }
    heard = _heard(item)
    assert (heard.id, heard.conversation) == ("77", "messenger:682498302938465:1254459154682919")


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        (SENT, SENT),
        (str(SENT), SENT),
        (SENT // 1000, SENT // 1000 * 1000),
        (str(SENT // 1000), SENT // 1000 * 1000),
    ],
)
def test_times_may_be_strings_and_in_seconds(timestamp: object, at: int):
    heard = _heard({**_message(text="hello"), "timestamp": timestamp})
    assert (heard.at, heard.time_is_signed) == (at, True)


@pytest.mark.parametrize("timestamp", [None, "", "soon", "٣", 0, -1, 12, True, 1.5e12, 10**14, "1" * 5000, [SENT], "²"])
def test_an_invalid_time_is_replaced_by_that_of_the_entry(timestamp: object):
    heard = _heard({**_message(text="hello"), "timestamp": timestamp})
    assert (heard.at, heard.time_is_signed) == (ENTRY_TIME, False)


def test_a_message_without_a_time_gets_the_current_time():
    item = _message(text="hello")
    del item["timestamp"]
    [heard] = _read(item, time=None)
    assert isinstance(heard, IncomingMessage)
    assert (heard.at, heard.time_is_signed) == (NOW, False)


@pytest.mark.parametrize("mid", [None, "", 1.5, True, ["m_1"], "m" * 1001])
def test_a_message_without_an_id_gets_one_computed_from_its_content(mid: object):
    item = _item(message={"mid": mid, "text": "hello"})
    [again] = parse(_body(dict(reversed(item.items())), time=NOW + 99), now=NOW + 99_999)
    assert isinstance(again, IncomingMessage)
    assert _heard(item).id == again.id
    others = [
        _item(message={"mid": mid, "text": "bye"}),
        {**item, "timestamp": SENT + 1},
        {**item, "sender": {"id": 2}},
    ]
    assert len({_heard(other).id for other in [item, *others]}) == 4


def test_a_long_message_is_cut_to_one_character_above_the_limit():
    assert _heard(_message(text="a" * MAX_TEXT)).text == "a" * MAX_TEXT
    assert _heard(_message(text="a" * MAX_TEXT * 3)).text == "a" * (MAX_TEXT + 1)


def test_a_lone_surrogate_is_replaced():
    heard = parse(_body(_message(text="x")).replace(b'"x"', b'"a\\ud83d b"').replace(b"m_1", b"m\\udc00"), now=NOW)[0]
    assert isinstance(heard, IncomingMessage)
    assert (heard.text, heard.id) == ("a\ufffd b", "m\ufffd")


def test_every_item_of_every_entry_is_parsed_in_order():
    entries = [
        {"id": "PAGE", "time": NOW, "messaging": [_message(text=text) for text in pair]} for pair in ("ab", "cd")
    ]
    events = parse(json.dumps({"object": "page", "entry": entries}).encode(), now=NOW)
    assert [event.text for event in events if isinstance(event, IncomingMessage)] == ["a", "b", "c", "d"]


def test_a_message_on_standby_shows_that_another_app_has_the_thread_and_is_no_message_to_the_bot():
    assert _read(standby=[_message(text="hello")]) == [ThreadTaken(ROOM, SENT)]
    assert _read(standby=[_message(attachments=[{"type": "image", "payload": {"url": "u"}}])]) == [
        ThreadTaken(ROOM, SENT)
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"postback": {"title": "Get Started"}},
        {"postback": {"title": "Help", "payload": "/help"}},
        {"read": {"watermark": 1}},
        {"delivery": {"mids": ["m"], "watermark": 1}},
        {"reaction": {"mid": "m", "action": "react", "reaction": "love"}},
        {"message": {"mid": "m"}},
        {"pass_thread_control": {}},
        {},
    ],
    ids=str,
)
def test_what_may_come_on_standby_while_the_bot_has_the_thread_is_ignored(other: Item):
    assert _read(standby=[_item(**other)]) == [Ignored("standby")]


def test_an_entry_with_junk_on_standby_is_ignored_item_by_item():
    assert _read(standby=[None, 7, "x", []]) == [Ignored("standby")] * 4
    assert _read(standby={"sender": 1}) == []


def test_echoes_edits_and_unsent_messages_on_standby_count_as_anywhere():
    turn = TurnId("1795175999000#" + "ab" * 32)
    items = [
        _echo(text="I am Tom", app_id=263902037430900),
        _echo(text="Our answer", metadata=metadata(turn, 0)),
        _item(message={"mid": "m_1", "is_deleted": True}),
        _item(message_edit={"mid": "m_1", "text": "new", "num_edit": 1}),
    ]
    expected = [_by_hand("I am Tom"), Receipt(ROOM, turn, 0), Unsent(ROOM, "m_1"), Edited(ROOM, "m_1", "new", 1)]
    assert _read(standby=items) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"take_thread_control": {"previous_owner_app_id": OUR_APP, "new_owner_app_id": INBOX}}, ThreadTaken),
        ({"take_thread_control": {"previous_owner_app_id": int(OUR_APP), "new_owner_app_id": 42}}, ThreadTaken),
        ({"take_thread_control": {"previous_owner_app_id": OUR_APP, "metadata": None}}, ThreadTaken),
        ({"take_thread_control": {}}, ThreadTaken),
        ({"take_thread_control": {"previous_owner_app_id": "42", "new_owner_app_id": int(OUR_APP)}}, ThreadReturned),
        ({"pass_thread_control": {"previous_owner_app_id": None, "new_owner_app_id": OUR_APP}}, ThreadReturned),
        ({"pass_thread_control": {"new_owner_app_id": int(OUR_APP), "metadata": None}}, ThreadReturned),
        ({"pass_thread_control": {"previous_owner_app_id": "263902037430900"}}, ThreadReturned),
        ({"pass_thread_control": {"new_owner_app_id": {}}}, ThreadReturned),
        ({"pass_thread_control": {"previous_owner_app_id": OUR_APP, "new_owner_app_id": str(INBOX)}}, ThreadTaken),
        ({"pass_thread_control": {"previous_owner_app_id": OUR_APP, "new_owner_app_id": "42"}}, ThreadTaken),
        ({"request_thread_control": {"requested_owner_app_id": INBOX, "metadata": "x"}}, ThreadTaken),
        ({"request_thread_control": {"requested_owner_app_id": "42"}}, ThreadTaken),
    ],
    ids=str,
)
def test_a_handover_tells_who_has_the_thread_from_then_on(event: Item, expected: type[ThreadTaken | ThreadReturned]):
    assert _read_as(OUR_APP, _item(**event)) == [expected(ROOM, SENT)]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"take_thread_control": {"new_owner_app_id": "42"}}, ThreadTaken),
        ({"pass_thread_control": {"new_owner_app_id": "42"}}, ThreadReturned),
        ({"pass_thread_control": {"new_owner_app_id": INBOX}}, ThreadTaken),
    ],
    ids=str,
)
def test_without_our_own_id_a_handover_counts_as_meta_sends_it(
    event: Item, expected: type[ThreadTaken | ThreadReturned]
):
    assert _read(_item(**event)) == [expected(ROOM, SENT)]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"take_thread_control": None}, "take_thread_control"),
        ({"pass_thread_control": "42"}, "pass_thread_control"),
        ({"request_thread_control": {}}, "request_thread_control"),
        ({"request_thread_control": {"requested_owner_app_id": [1]}}, "request_thread_control"),
        ({"app_roles": {OUR_APP: ["primary_receiver"]}}, "app_roles"),
    ],
    ids=str,
)
def test_a_handover_that_tells_nothing_is_ignored(event: Item, kind: str):
    assert _read_as(OUR_APP, _item(**event)) == [Ignored(kind)]


@pytest.mark.parametrize("kind", ["pass_thread_control", "take_thread_control", "app_roles"])
def test_a_handover_about_nobody_is_ignored(kind: str):
    item = {name: value for name, value in _item(**{kind: {"new_owner_app_id": 42}}).items() if name != "sender"}
    assert _read_as(OUR_APP, item) == [Ignored(kind)]


def test_changes_of_the_page_are_ignored():
    assert _read(changes=[{"field": "feed", "value": {"message": "hello"}}]) == [Ignored("change")]


@pytest.mark.parametrize("other", ["instagram", "whatsapp_business_account", "user"])
def test_other_products_of_meta_are_ignored(other: str):
    body = _body(_message(text="hello")).replace(b'"object": "page"', f'"object": "{other}"'.encode())
    assert parse(body, now=NOW) == [Ignored("other_object")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b'{"object":"page"}',
        b'{"object":"page","entry":{}}',
        b'{"object":7,"entry":[]}',
        b'{"object":"page","entry":[]',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"\x00",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'"' * 100_001,
    ],
)
def test_a_body_of_another_form_is_unreadable(body: bytes):
    assert parse(body, now=NOW) == [Ignored("unreadable")]


@pytest.mark.parametrize("entry", [None, 7, "entry", []])
def test_an_unreadable_entry_does_not_hide_the_next_one(entry: object):
    good = {"id": "PAGE", "time": NOW, "messaging": [_message(text="hello")]}
    events = parse(json.dumps({"object": "page", "entry": [entry, good, entry]}).encode(), now=NOW)
    assert [type(event) for event in events] == [Ignored, IncomingMessage, Ignored]


def test_a_body_without_items_has_no_events():
    assert parse(b'{"object":"page","entry":[]}', now=NOW) == []
    assert _read() == []


def test_no_repr_of_an_event_shows_its_text():
    secret = "attack at dawn"
    events = _read(
        _message(text=secret),
        _item(postback={"title": secret}),
        _item(message_edit={"mid": "m_1", "text": secret}),
        _item(**{secret: secret}),
        _message(text=secret, is_deleted=True),
        _echo(text=secret),
    )
    assert len(events) == 6
    assert secret not in repr(events)
