#!/bin/sh
# The forest beside scikit-learn's, on the same rows in the same session: CPU seconds and their ratios.
#
#   benches/ratios_ml.sh [FOLDER]
#
# FOLDER (default ../shared/bench) holds gen.rs, py_mlprep.py and py_rf.py. Needs python3 with venv and
# a package index for pandas and scikit-learn; everything is made in a folder of its own, which is kept in
# $RATIOS_WORK if that is set (a second run then starts from what is there).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
tools=$(cd "${1:-$here/../shared/bench}" && pwd)
work=${RATIOS_WORK:-$(mktemp -d)}
mkdir -p "$work/data"
work=$(cd "$work" && pwd)
cd "$work"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -c 'import pandas, sklearn' 2>/dev/null || .venv/bin/pip -q install pandas scikit-learn
if [ ! -f data/ml_test.bin ]; then
    rustc -O "$tools/gen.rs" -o gen
    ./gen 1000000 data/t_1000000.csv data/m_1000000.csv 1
    .venv/bin/python "$tools/py_mlprep.py"
fi
theirs=$(N=50000 .venv/bin/python "$tools/py_rf.py" 12 5 1 rf)
ours=$(cd "$here" && CIDP_ML_DATA="$work/data" cargo bench -q --bench ratios_ml)
.venv/bin/python - "$theirs" "$ours" <<'PY'
import json, sys
theirs = json.loads(sys.argv[1].rsplit("}", 1)[0] + "}")
ours = json.loads(sys.argv[2].splitlines()[-1])
rows = [
    ("fit 100 trees, 50,000 rows, CPU s", theirs["fit_s"][1], ours["fit_s"], 2.5 / 18),
    ("score 100,000 rows, CPU s", theirs["proba100k_s"][1], ours["score_s"], 0.3 / 0.53),
    ("one row, ms", theirs["single_ms"], ours["one_ms"], 5e-3 / 5.5),
    ("model, MB", theirs["model_mb"], ours["model_mb"], 1 / 5),
]
print(f"{'work':36}{'scikit-learn':>14}{'ours':>12}{'ratio':>10}{'goal':>10}")
for name, a, b, goal in rows:
    print(f"{name:36}{a:14.4f}{b:12.5f}{b / a:10.4f}{goal:10.4f} {'' if b / a <= goal else 'missed'}")
print(f"fit by the clock: {ours['fit_wall_s']} s, so {ours['fit_s'] / max(ours['fit_wall_s'], 1e-9):.1f} cores busy")
PY
