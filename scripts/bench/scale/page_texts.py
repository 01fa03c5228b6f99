"""The words of docs/scale.md, with blanks for the figures."""

from typing import Final

HEAD: Final = """\
# How far one deployment goes

How many questions one stage answers, which limit comes first, and what it costs. A *turn* is one question with its
answer. Nothing here has run on AWS.

{short}

*Generated on {date} by `{command}`, on {machine}.
Do not edit it. `--quick` prints a small version in two minutes, `--turns 100000` measures the memory for longer. A test
compares the page with the figures in [scale.json](scale.json): `scripts/check tests/unit/test_scale_page.py`.*

| what | how it is known |
| --- | --- |
| requests, items and units of a turn; what grows; memory | measured: the real code and adapter, on an emulator |
| waiting, giving up | simulated: these requests against AWS's documented rules, with our client's pauses, by a seed |
| rules and quotas of AWS, limits of Meta and OpenAI | their word, with the address |
| latencies, the curve of a day, habits | assumed, as each section says |
| how soon AWS splits a busy partition; whether a refused transaction and the index entries of a transaction cost \
double; OpenAI's limits for the default model | not known; the simulation takes the worse |
"""
SHORT: Final = """\
- **Without a change** the first limit is {first}: {follows}.
- **With all settings raised** it is {others}:
  {a_day:,.0f} questions a day, if they come as assumed [below](#one-million-people).
- **A million people**: if {habit} a day, they make {peak:g} turns a second in the busiest
  minute and cost {cost:,.0f} USD a month on Messenger at list prices, {model:.0%} of it for the model. That is more
  than {met} of [the limits](#one-million-people) bear, so these have to be raised.
- **The table**, once it has borne such a load, bears {rate:,} turns a second
  [in the simulation](#the-stores-part-simulated): {spread:.0%} of the turns give up, and the store's part of a turn
  takes {p99} ms at most in 99 of 100. With one item and one partition for all, {single:.0%} would give up.
  {verdict}
- **What is stored** does not make a turn dearer: it takes the same number of requests ([what grows](#what-grows)). A
  thousand turns made the process of a worker grow by {kb:g} KB and by {blocks:g} allocated blocks."""
SHAPE: Final = """\
## What the store does in a plain turn

Recorded at the exit of the client (`scripts/bench/table_requests.py`), from a person's third message on. In the web
chat, the frames and the connection's own items come on top: they belong to one connection alone.

{table}

What all people write to, and what one item or one partition of it bears. Two transactions on one item cannot be under
way at the same time, so one item bears at most one after the other, of {transaction_ms} ms. `SPEND` has a day's costs,
`PLACES` the number of open conversations of an API key, `KEY` that of its questions.

{ceilings}
"""
STORE: Final = """\
## The store's part, simulated

Turns come at random, each of another person, in a table that has borne the load before. A transaction takes 5 to 10 ms,
another request 2 to 5 ms, a refusal 2 to 5 ms. A transaction or a write that meets a transaction on the same item is
refused at once. A partition takes 1,000 write units and 3,000 read units a second, with one second of burst: AWS keeps
up to five minutes of what was unused, which delays what this shows and does not change it. Adaptive capacity has done
its work, so each item that all people write has a partition of its own; partitions of the indexes are not split, since
their newest entries are all at one end. An index whose partition has no units left refuses the write of its table.
The client repeats with the pauses of `chalicelib/aws/dynamodb/calls.py`, and gives up after 3 s in the webhook and 10 s
in a worker. `p50` and `p99` are of all seven requests of a turn together, pauses included, without the model, and of
the turns that did not give up.

*One of each* is one item for a day's costs and one partition of each index. *Spread* is {spread}. \
{code}

{runs}

If every transaction took 40 ms, the slowest that is assumed:

{slow}

### The goal

{goal}

{shards}

### One API key

{rate} turns a second in the web chat, spread over so many API keys. The first and the last transaction of a turn write
an item with the number of open conversations of the key. With `PARLEY_WORKERS` below 128 a key has one in every layout.

{keys}

### A new table

A new on-demand table takes 4,000 write units a second at once, and twice its peak after each half hour. With the number
of items of the last row of the goal, on its first day:

{new}
"""
PEOPLE: Final = """\
## One million people

Of the questions of a day, {peak:.1%} come in an hour that is as busy as the busiest minute. The curve of the day, and
that the busiest minute has half as much again as its hour, are assumptions: `scripts/bench/scale/people.py`.

{habits}

Every limit, the lowest first. What a limit bears is compared with the busiest minute. An account with a reduced quota
is the first of AWS's limits; after that, the order is that of the table.

{limits}

Asynchronous invocations, which wake workers, have [no rate of their own](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html):
the functions at a time bound them. Of one function Lambda starts
[1,000 more in ten seconds](https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html), so a sudden rise by the
load of all of them takes that long; messages wait in Lambda's queue meanwhile.

The owner's page, a report, and `/people` and handles in the owner's chat read the list of all people. By the largest
list that was measured, with 5 ms for each request, a million people take {requests:,} requests and {minutes:g} minutes.
API Gateway waits 29 s for the owner's page: enough for about {in_time:,.0f} people. A worker has 300 s for a report:
enough for ten times as many.

### What a month costs

In USD at list prices, without the free allowance, by the table of the command `cost`. The quantities that a
test counts are marked in `chalicelib/operations/aws_prices.py`; the others are assumed there. The model is the default
one, with the tokens that the README assumes and nothing read from its cache.

{costs}
"""
GROWTH: Final = """\
## What grows

Measured on {date} by `{command}`, on {machine}.
CPU is that of Parley and boto3 in one process; the emulator is another one. Other work ran on the machine at the same
time, so differences of a tenth mean little. The bars are the CPU times of the column, from 0. Where people or open
turns are more from row to row, the conversation that is measured becomes longer too, up to the 30 turns that are read.

{series}

## Memory of a worker

One process answered {turns:,} turns of 50 people in turns. The table was emptied before each reading, and garbage
collected. From the middle of the run to its end a thousand turns made it grow by {kb:g} KB and by {blocks:g} blocks.
Each object that stays is a block at least, so a leak of one object a turn would be a thousand.

{memory}
"""
