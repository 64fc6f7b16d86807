#!/usr/bin/env bash
# The real window, on the display of DISPLAY: how long to its first frame, and what it costs to follow live data.
# usage: benches/window.sh WINDOW BENCH [idle seconds]
#   WINDOW  target/release/camrail-live-monitor
#   BENCH   the bench `window` (cargo bench --bench window --no-run prints where it lies)
set -euo pipefail
window=$1 bench=$2 secs=${3:-60}
: "${DISPLAY:?a display is needed; Xvfb is enough}"
work=$(mktemp -d)
trap 'kill ${feeding:-} ${monitor:-} 2>/dev/null || true; rm -rf "$work"' EXIT

echo "start, warm cache (reach: 300 ms of our own work)"
"$window" --home "$work/start" --probe --probe-timeout 300 >"$work/first.json"
for _ in 1 2 3 4 5 6 7; do
  "$window" --home "$work/start" --probe >"$work/probe.json" 2>/dev/null
  python3 - "$work/probe.json" <<'PY'
import json, sys
p = json.load(open(sys.argv[1]))
print(f"  own {p['own_ms']:.0f} ms · first pass {p['first_ui_ms']:.0f} ms · first frame {p['first_frame_ms']:.0f} ms"
      f" · fleet drawn {p['ready_ms']:.0f} ms · {p['renderer']} {p['backend']} {p['adapter']}")
PY
done

echo "idle, following 60 locomotives at 1 Hz (reach: 2 % of a core, 150 MiB)"
mkdir "$work/live"
"$bench" feed "$work/live" $((secs + 120)) >"$work/feed.txt" 2>/dev/null &
feeding=$!
until grep -q ready "$work/feed.txt"; do sleep 1; kill -0 "$feeding"; done
"$window" --home "$work/live" >/dev/null 2>&1 &
monitor=$!
sleep 20
python3 - "$monitor" "$secs" <<'PY'
import collections, os, sys, time
pid, secs = sys.argv[1], float(sys.argv[2])
tick = os.sysconf("SC_CLK_TCK")
def threads():
    spent = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            text = open(f"/proc/{pid}/task/{task}/stat").read()
        except OSError:
            continue
        name, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        spent[(task, name)] = (int(rest[11]) + int(rest[12])) / tick
    return spent
before, began = threads(), time.time()
time.sleep(secs)
after, passed = threads(), time.time() - began
by = collections.Counter()
for (task, name), cpu in after.items():
    by[name.rstrip("0123456789-")] += cpu - before.get((task, name), 0)
total = sum(by.values()) / passed * 100
rss = next(int(l.split()[1]) / 1024 for l in open(f"/proc/{pid}/status") if l.startswith("VmRSS"))
raster = sum(v for k, v in by.items() if k.startswith("llvmpipe")) / passed * 100
print(f"  {total:.1f} % of one core, of which {raster:.1f} % a processor drawing in place of a graphics card; {rss:.0f} MiB")
for name, cpu in by.most_common(8):
    print(f"    {name}: {cpu / passed * 100:.2f} %")
for line in open(f"/proc/{pid}/smaps_rollup"):
    if line.startswith(("Pss_Anon", "Pss_File", "Pss_Shmem")):
        print("    " + line.strip())
PY
