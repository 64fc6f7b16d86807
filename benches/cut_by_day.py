#!/usr/bin/env python3
"""Cuts the industrial set at a day and judges what came after by what came before, with the real program.

    python3 benches/cut_by_day.py DATA_FOLDER [DAY …] [--cidp PATH]

DATA_FOLDER holds the five PdM_*.csv. The part to train on has all rows before the cut; the part to test on has telemetry and
failures from the cut on, and all of the workshop's records, which were known then. Nothing is asserted: it prints what it saw.
"""
import argparse, csv, datetime, json, os, re, subprocess, tempfile
from pathlib import Path

FORMATS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p")
CONFIG = Path(__file__).parent.parent / "tests" / "configs" / "valid" / "azure.toml"


def instant(text):
    for pattern in FORMATS:
        try:
            return datetime.datetime.strptime(text, pattern)
        except ValueError:
            pass
    raise ValueError(f"{text!r} is no time")


def part(data, folder, keep):
    """Copies the files with the rows that `keep` says, and the configuration that reads them."""
    folder.mkdir()
    for file in data.glob("*.csv"):
        header, *rows = csv.reader(file.open(newline=""))
        if "datetime" in header:
            at = header.index("datetime")
            rows = [row for row in rows if keep(file.name, instant(row[at]))]
        with (folder / file.name).open("w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([header, *rows])
    config = folder / "azure.toml"
    config.write_text(re.sub(r'path = "[^"]*/(PdM_\w+\.csv)"', r'path = "\1"', CONFIG.read_text()))
    return config


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("days", type=int, nargs="*", default=[23, 30, 35, 41])
    target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    arguments.add_argument("--cidp", type=Path, default=target / "release" / "cidp")
    asked = arguments.parse_args()
    print("day  warned  false-alarm hours a machine-day     F1  PR-AUC")
    for day in asked.days:
        with tempfile.TemporaryDirectory() as work:
            work = Path(work)
            cut = datetime.datetime(2015, 1, 1, 6) + datetime.timedelta(days=day)
            before = part(asked.data, work / "before", lambda _, at: at < cut)
            after = part(
                asked.data,
                work / "after",
                lambda name, at: at >= cut or not name.startswith(("PdM_telemetry", "PdM_failures")),
            )
            command = [asked.cidp, "--home", work / "home", "--json", "evaluate", "--train", before, "--test", after]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            seen = json.loads(said)
            seen = seen.get("metrics", seen)
            print(
                f"{day:3}  {seen['failures_warned']:2} of {seen['failures']:2}"
                f"  {seen['false_alarm_hours_per_loco_day']:28.2f}  {seen['f1']:12.3f}  {seen['pr_auc']:6.3f}"
            )


main()
