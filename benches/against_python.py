#!/usr/bin/env python3
"""The ETL against the Python stack it replaces, in one run: CPU seconds, peak memory, bytes a reading, and ratios.

    python3 benches/against_python.py BENCH_FOLDER [--rows 1000000] [--rounds 3] [--cidp PATH]

BENCH_FOLDER holds gen.rs (the data) and py_etl.py (pandas + SQLAlchemy). pandas and SQLAlchemy are installed into a virtual
environment beside the data, in a temporary folder that --keep FOLDER names and keeps. The two programs run in turn,
so that a machine that slows down slows both. Nothing here asserts anything: it prints what it saw.
"""
import argparse, os, shutil, sqlite3, statistics, subprocess, sys, tempfile
from pathlib import Path

CONFIG = """
[[sources]]
name = "bench"
role = "telemetry"
path = "{csv}"
timezone = "UTC"
clock = "data"
[sources.columns]
timestamp = "timestamp"
loco_id = "equipment_id"
flow_rate = "debit"
pressure = "pression"
vibration = "vibration"
temperature = "temperature"
[limits.flow_rate]
min = 0.0
max = 400.0
[limits.pressure]
min = 0.0
max = 25.0
"""


def measured(command, **options):
    """CPU seconds and peak MiB of one process, children included."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: status {status}\n{said}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench", type=Path)
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--cidp", type=Path, default=None)
    arguments.add_argument("--keep", type=Path, default=None)
    asked = arguments.parse_args()
    target = Path(os.environ.get("CARGO_TARGET_DIR", "target"))
    cidp = (asked.cidp or target / "release" / "cidp").resolve()
    if not cidp.exists():
        sys.exit(f"{cidp} is not there: cargo build --release")
    work = asked.keep or Path(tempfile.mkdtemp(prefix="cidp-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    bench = asked.bench.resolve()

    python = work / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", work / "venv"], check=True)
    if subprocess.run([python, "-c", "import pandas, sqlalchemy"], capture_output=True).returncode:
        subprocess.run([python, "-m", "pip", "install", "-q", "pandas", "sqlalchemy"], check=True)
    subprocess.run(["rustc", "-O", bench / "gen.rs", "-o", work / "gen"], check=True, capture_output=True)
    csv = work / f"t_{asked.rows}.csv"
    subprocess.run([work / "gen", str(asked.rows), csv, work / "m.csv", "1"], check=True)
    (work / "cidp.toml").write_text(CONFIG.format(csv=csv.name))

    theirs, ours = [], []
    for _ in range(asked.rounds):
        theirs.append(measured([python, bench / "py_etl.py", csv, work / "python.db", "none"]))
        shutil.rmtree(work / "home", ignore_errors=True)
        ours.append(measured([cidp, "--home", work / "home", "--config", work / "cidp.toml", "ingest"]))

    home = work / "home" / "database" / "industrial_dwh.sqlite"
    kept = sqlite3.connect(home).execute("SELECT count(*) FROM sensor_metrics").fetchone()[0]
    rows = sqlite3.connect(work / "python.db").execute("SELECT count(*) FROM readings").fetchone()[0]
    cpu = [statistics.median(t[0] for t in side) for side in (theirs, ours)]
    peak = [max(t[1] for t in side) for side in (theirs, ours)]
    size = [(work / "python.db").stat().st_size / rows, home.stat().st_size / kept]
    print(f"{asked.rows} rows, {asked.rounds} rounds in turn; kept {rows} (Python) and {kept} (CIDP)")
    print(f"{'':28}{'Python':>10}{'CIDP':>10}{'ratio':>9}")
    for name, (a, b) in (("CPU seconds, median", cpu), ("peak memory, MiB", peak), ("bytes a reading", size)):
        print(f"{name:28}{a:10.2f}{b:10.2f}{a / b:8.1f}x")
    if not asked.keep:
        shutil.rmtree(work)


main()
