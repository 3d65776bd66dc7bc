"""Our generated models beside their peers, as ratios to raw dicts: ``uv run python benchmarks/models.py``.

Every peer has a table of 8 columns and 10,000 rows of its own. A round runs one operation on all peers in
shuffled order; the figure of a peer is the median over the rounds of its time divided by that of raw dicts in
the same round. Then come the figures without a peer: tenant handles, many tenants, the generator.

The peers come from the dependency group ``benchmarks``; without it this script starts itself again by uv.
"""

import argparse
import gc
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from figures import Figure
    from peers import Peer

OPERATIONS = {
    "find by id x1000": 1.35,
    "select 10k": 1.9,
    "filter+limit x1000": 1.7,
    "create x500": 1.25,
    "bulk create 10k": 1.2,
    "update id x500": 1.9,
    "count x1000": 1.2,
}
"""What is timed, and the ratio to raw dicts that our models have to reach."""

STARTED_AGAIN = "CINCH_BENCHMARK_STARTED_AGAIN"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much one round does."""

    rows: int = 10_000
    singles: int = 1_000
    writes: int = 500


@dataclass(frozen=True, slots=True)
class Result:
    """One operation of one peer: the median of its times in milliseconds and of its ratios to raw dicts."""

    operation: str
    peer: str
    milliseconds: float
    ratio: float


def start_with_peers() -> None:
    """Replace this process by one that has the peers installed, where they are not."""
    if find_spec("sqlalchemy") and find_spec("django") and find_spec("peewee") and find_spec("sqlmodel"):
        return
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None or STARTED_AGAIN in os.environ:
        sys.exit("the peers are missing; run: uv run --group benchmarks python benchmarks/models.py")
    os.environ[STARTED_AGAIN] = "1"
    os.execv(uv, [uv, "run", "--group", "benchmarks", "python", *sys.argv])


def new_rows(count: int, name: str) -> list[dict[str, object]]:
    """Rows as a caller has them: without id and times."""
    return [
        {"name": name, "email": f"{name}{n}@example.com", "age": n % 90, "score": n / 7, "active": n % 3 == 0}
        for n in range(count)
    ]


def stored_ids(peer: "Peer", count: int, seed: int) -> list[str]:
    """The ids of *count* rows of *peer*, in an order of chance."""
    connection = sqlite3.connect(peer.file)
    ids = [row[0] for row in connection.execute("SELECT id FROM users WHERE name = 'kept'")]
    connection.close()
    return random.Random(seed).sample(ids, count)


def remove_new_rows(peer: "Peer") -> None:
    """Bring the table back to what every round starts from."""
    connection = sqlite3.connect(peer.file)
    connection.execute("DELETE FROM users WHERE name = 'new'")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def prepared(peer: "Peer", operation: str, sizes: Sizes, seed: int) -> Callable[[], object]:
    """What is to be timed, with everything that it needs at hand."""
    if operation.startswith("find"):
        ids = stored_ids(peer, sizes.singles, seed)
        return lambda: peer.find(ids)
    if operation.startswith("select"):
        return peer.select
    if operation.startswith("filter"):
        return lambda: peer.page(sizes.singles)
    if operation.startswith("create"):
        rows = new_rows(sizes.writes, "new")
        return lambda: peer.create(rows)
    if operation.startswith("bulk"):
        rows = new_rows(sizes.rows, "new")
        return lambda: peer.bulk_create(rows)
    if operation.startswith("update"):
        loaded = peer.load(stored_ids(peer, sizes.writes, seed))
        return lambda: peer.update(loaded)
    return lambda: peer.count(sizes.singles)


def timed(peer: "Peer", call: Callable[[], object]) -> float:
    """Seconds that *call* takes, with the garbage of others collected and the peer's own caches warm."""
    gc.collect()
    peer.count(10)
    start = perf_counter()
    call()
    return perf_counter() - start


def measure(peers: "list[Peer]", operation: str, sizes: Sizes, rounds: int) -> list[Result]:
    """Time one operation on all peers; the first round warms up and is dropped."""
    times: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for number in range(rounds + 1):
        for peer in random.Random(number).sample(peers, len(peers)):
            times[peer.name].append(timed(peer, prepared(peer, operation, sizes, number)))
            remove_new_rows(peer)
    raw = times[peers[0].name][1:]
    return [
        Result(
            operation,
            name,
            median(seconds[1:]) * 1000,
            median(own / base for own, base in zip(seconds[1:], raw, strict=True)),
        )
        for name, seconds in times.items()
    ]


def compare(directory: Path, sizes: Sizes, rounds: int, kinds: "tuple[type[Peer], ...]") -> Iterator[Result]:
    """Set every peer up, ours last, and yield the results of one operation after the other."""
    from ours import Ours

    peers: list[Peer] = []
    for number, kind in enumerate((*kinds, Ours)):
        (directory / str(number)).mkdir()
        peers.append(kind(directory / str(number) / "users.db"))
        peers[-1].bulk_create(new_rows(sizes.rows, "kept"))
    gc.collect()
    gc.freeze()
    for operation in OPERATIONS:
        show(f"{operation}, {rounds} rounds")
        yield from measure(peers, operation, sizes, rounds)
    for peer in peers:
        peer.close()


def show(line: str) -> None:
    """Tell a person at a terminal how far it is."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def verdict(value: float, bar: float | None) -> str:
    """The bar beside a figure, and whether it is reached."""
    return "" if bar is None else f"{bar:g} {'ok' if value <= bar else 'MISSED'}"


def print_tables(results: list[Result], figures: "list[Figure]") -> None:
    """Operations as rows, peers as columns, the bar last; then the figures of our own."""
    names = list(dict.fromkeys(result.peer for result in results))
    found = {(result.operation, result.peer): result for result in results}
    print(f"{'ratio to raw dicts':<20}{'raw ms':>8}" + "".join(f"{name:>14}" for name in names[1:]) + f"{'bar':>14}")
    for operation, bar in OPERATIONS.items():
        raw = f"{found[operation, names[0]].milliseconds:.1f}"
        ratios = [found[operation, name].ratio for name in names[1:]]
        cells = "".join(f"{ratio:>14.2f}" for ratio in ratios)
        print(f"{operation:<20}{raw:>8}{cells}{verdict(ratios[-1], bar):>14}")
    print()
    for figure in figures:
        print(f"{figure.name:<56}{figure.value:>12,.2f} {figure.unit:<3}{verdict(figure.value, figure.bar):>14}")


def parse() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="Our generated models beside their peers.")
    parser.add_argument("--rounds", type=int, default=7, help="rounds per operation, 1 or more")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, 2 rounds: does it run?")
    parser.add_argument("--raw-only", action="store_true", help="leave out the ORMs, which need installing")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = parse()
    if not options.raw_only:
        start_with_peers()
    from figures import own_figures
    from peers import ORMS, RAW

    sizes = Sizes(1_000, 100, 50) if options.quick else Sizes()
    rounds = 2 if options.quick else options.rounds
    kinds = RAW if options.raw_only else (*RAW, *ORMS)
    with tempfile.TemporaryDirectory(prefix="cinch-benchmark-") as name:
        show("tenant handles and the generator")
        figures = list(own_figures(Path(name), quick=options.quick))
        results = list(compare(Path(name), sizes, rounds, kinds))
    if options.json:
        data = {"ratios": [asdict(result) for result in results], "figures": [asdict(one) for one in figures]}
        print(json.dumps(data, indent=2))
    else:
        print_tables(results, figures)


if __name__ == "__main__":
    main()
