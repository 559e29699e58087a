#!/usr/bin/env bash
# `gradflow cluster` on a real Slurm: a controller and two nodes on this one machine, on loopback addresses alone. Runs are cut by
# their limit, killed, and lost with their node; the end must be the bits of one machine. Needs root, for Slurm's daemons.
# KEEP=1 leaves the directory with all logs.
set -eu -o pipefail

program=$(cd "$(dirname "${RELEASE:-.build/release/gradflow}")" && pwd)/gradflow
goldens=$PWD/golden
clang=$("$(dirname "$0")/find-clang.sh")
[ -x "$program" ] || { echo "test-slurm: $program is not built: make build" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "test-slurm: Slurm's daemons need root: run it in a container, or with sudo" >&2; exit 2; }

PATH=$PATH:/usr/sbin:/sbin
are_there() { for name in "$@"; do command -v "$name" >/dev/null || return 1; done; }
if ! are_there slurmctld slurmd munged python3 pgrep; then
  are_there apt-get || { echo "test-slurm: install munge, Slurm (slurmctld, slurmd, sbatch), Python 3 and pgrep" >&2; exit 2; }
  echo "test-slurm: installing munge, slurm-wlm, python3 and procps" >&2
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y munge slurm-wlm python3 procps; } >/dev/null
fi

# A space in the name, as users have them.
work=$(mktemp -d "${TMPDIR:-/tmp}/gradflow slurm.XXXXXX")
# Slurm's own configuration takes no space.
conf=$(mktemp -d "${TMPDIR:-/tmp}/gradflow-slurm.XXXXXX")
host=$(hostname -s)
processes=""

finish() {
  status=$?
  trap - EXIT INT TERM
  if [ "$status" -ne 0 ]; then grep -v -i pmix "$conf"/slurmctld.log | tail -n 20 >&2 || true; fi
  # The shell tells of each that is killed.
  exec 2>/dev/null
  for process in $processes; do kill -9 "$process" 2>/dev/null || true; done
  # What runs of a job belongs to a slurmstepd of ours, which ends with its job.
  for process in $(ours slurmstepd); do kill -9 "$process" 2>/dev/null || true; done
  for process in $(ours gradflow); do kill -9 "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [ -n "${KEEP:-}" ]; then echo "kept: $work $conf"; else rm -rf "$work" "$conf"; fi
  exit "$status"
}

# Processes of that name that this test's daemons started, by the configuration in their environment.
ours() {
  for process in $(pgrep -x "$1" || true); do
    if tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -qxF "SLURM_CONF=$conf/slurm.conf"; then echo "$process"; fi
  done
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { echo "test-slurm: $*"; }
die() { say "FAILED: $*"; exit 1; }

# --- a cluster ------------------------------------------------------------------------------------------------------

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

dd if=/dev/urandom of="$conf/munge.key" bs=1024 count=1 2>/dev/null
chmod 0600 "$conf/munge.key"
chmod 0755 "$conf"
cat >"$conf/slurm.conf" <<CONF
ClusterName=gradflow-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(port)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$conf/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$conf/state
SlurmdSpoolDir=$conf/spool-%n
SlurmctldPidFile=$conf/slurmctld.pid
SlurmdPidFile=$conf/slurmd-%n.pid
SlurmctldLogFile=$conf/slurmctld.log
SlurmdLogFile=$conf/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
AccountingStorageType=accounting_storage/none
ReturnToService=2
SlurmdTimeout=10
KillWait=10
MaxArraySize=100
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(port) CPUs=2 RealMemory=3000
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(port) CPUs=2 RealMemory=3000
PartitionName=day Nodes=node1,node2 Default=YES MaxTime=60 State=UP
PartitionName=night Nodes=node2 MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$conf/slurm.conf
mkdir "$conf/state"

munged --foreground --key-file="$conf/munge.key" --socket="$conf/munge.socket" --pid-file="$conf/munge.pid" \
  --log-file="$conf/munge.log" --seed-file="$conf/munge.seed" --force >/dev/null 2>&1 &
processes="$processes $!"
slurmctld -D -c -f "$SLURM_CONF" >/dev/null 2>&1 &
processes="$processes $!"

# Sets `started` to the number of the node's daemon.
start_node() {
  # Detached from this shell's group: what kills the one node must not touch the other.
  setsid slurmd -D -N "$1" -f "$SLURM_CONF" >/dev/null 2>&1 &
  started=$!
  processes="$processes $started"
}
start_node node1
start_node node2
node2=$started

for _ in $(seq 60); do
  if [ "$(sinfo -h -N -p day -t idle -o %n 2>/dev/null | wc -l)" -eq 2 ]; then break; fi
  sleep 1
done
[ "$(sinfo -h -N -p day -t idle -o %n | wc -l)" -eq 2 ] || die "the nodes did not come up"
say "Slurm $(sinfo -V | cut -d' ' -f2): node1 and node2 are up"

# --- what helps ----------------------------------------------------------------------------------------------------------

submit() { "$program" cluster submit --profile smoke --threads 1 --against "$goldens" "$@"; }
status() { "$program" cluster status "$1"; }
queued() { squeue -h -r | wc -l; }

# Waits until the queue is empty.
drain() {
  for _ in $(seq 600); do
    if [ "$(queued)" -eq 0 ]; then return; fi
    sleep 1
  done
  squeue
  die "the queue did not empty in ten minutes"
}

# refuses CODE WORDS COMMAND...: the command ends with that code, says those words, and queues nothing.
refuses() {
  local code=$1 words=$2 before found=0 output
  before=$(queued)
  shift 2
  output=$("$@" 2>&1) || found=$?
  [ "$found" -eq "$code" ] || die "$* ended with $found instead of $code: $output"
  case $output in *"$words"*) ;; *) die "$* did not say \"$words\": $output" ;; esac
  [ "$(queued)" -eq "$before" ] || die "$* queued something"
  say "refused: ${output#gradflow: error: }"
}

# --- bad input ------------------------------------------------------------------------------------------------------------

refuses 2 'no partition named "evening"' submit --out "$work/x" --partition evening
refuses 2 'more than the partition day allows' submit --out "$work/x" --limit 2h
refuses 2 'no node of the partition day has 64 processors' submit --out "$work/x" --limit 1m --threads 64
refuses 2 'no node of the partition day has 1 processors and 4096 MB' submit --out "$work/x" --limit 1m --memory 4G
refuses 2 'more than this cluster takes in one job array (99)' submit --out "$work/x" --limit 1m --seeds 0..20
refuses 2 'Slurm refused: sbatch' submit --out "$work/x" --limit 1m --sbatch=--reservation=nobodys
refuses 2 'there is no Slurm here' env PATH=/nowhere "$program" cluster submit --profile smoke --out "$work/x"
refuses 2 'nothing was submitted from here' status "$work/x"

# --- a night that is cut, killed, and loses a node -------------------------------------------------------------------

night="$work/a night"
submit --out "$night" --seeds 0..1 --limit 1m --margin 57s --max-running 3
refuses 2 'has jobs in the queue already' submit --out "$night" --seeds 0..1 --limit 1m --margin 57s

# Waits for a program under way, on the node if one is named, and sets `found` to its number.
find_running() {
  found=""
  for _ in $(seq 200); do
    for process in $(ours gradflow); do
      if tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -qx "SLURMD_NODENAME=${1:-node.}"; then
        found=$process
        return
      fi
    done
    sleep 0.1
  done
  die "no task ran on ${1:-any node}"
}

find_running
say "SIGKILL for the program $(tr '\0' ' ' <"/proc/$found/cmdline" | cut -d' ' -f2,3,4,5)"
kill -9 "$found" || true

find_running node2
say "node2 goes down with all that runs on it"
kill -9 "$node2"
for name in slurmstepd gradflow; do
  for process in $(ours $name); do
    if tr '\0' '\n' <"/proc/$process/environ" | grep -qx SLURMD_NODENAME=node2 ||
      tr '\0' ' ' <"/proc/$process/cmdline" | grep -q node2; then kill -9 "$process" || true; fi
  done
done
status "$night" | sed 's/^/  /'
for _ in $(seq 60); do
  if sinfo -h -N -n node2 -o %T | grep -q down; then break; fi
  sleep 1
done
# Slurm gives what ran there another turn, whether it has missed the node by now or misses the tasks when it is back.
say "node2 is $(sinfo -h -N -n node2 -o %T | head -n 1), and comes back"
start_node node2
node2=$started

turns=1
while :; do
  drain
  status "$night" >"$conf/status.txt"
  if ! grep -Eq '^[0-9]+ runs?:.*(cut|failed)' "$conf/status.txt"; then break; fi
  turns=$((turns + 1))
  [ "$turns" -le 6 ] || { cat "$conf/status.txt"; die "not done after five submissions"; }
  say "submitted again, for what is missing:"
  sed 's/^/  /' "$conf/status.txt"
  submit --out "$night" --seeds 0..1 --limit 1m --margin 30s
done
sed 's/^/  /' "$conf/status.txt"
sed 's/^/  /' "$night/goldens.txt"

grep -Eq 'node2 not responding, setting DOWN|missing from batch node node2' "$conf/slurmctld.log" || die "no node was lost"
# A task that asks for another turn asks for itself alone.
again=$(awk '{ match($0, /JobId=[0-9_]+/); task = substr($0, RSTART, RLENGTH) }
  /_job_complete: .*WEXITSTATUS 0/ { done[task] = 1 } /Requeuing/ && task in done { print }' "$conf/slurmctld.log")
[ -z "$again" ] || die "tasks that were done were requeued: $again"
cuts=$(grep -l 'stopped by the time limit' "$night"/cluster/logs/*.txt | wc -l)
[ "$cuts" -gt 0 ] || die "no run was cut by its limit"
say "$cuts tasks were cut by their limit, and went on"
for row in vgg08 vgg38 vgg38-bn-1e-2 vgg38-bn-1e-3 vgg38-rc vgg38-bn-rc-1e-3 vgg38-bn-rc-1e-2; do
  grep -Eq "^ *$row +0 +identical" "$night/goldens.txt" || die "$row, seed 0, is not identical"
done
[ -s "$night/report.html" ] || die "there is no report"
say "seed 0 of all seven rows is identical to the goldens of one machine"
refuses 0 'nothing is missing' submit --out "$night" --seeds 0..1 --limit 1m

# --- cancelling leaves checkpoints ------------------------------------------------------------------------------------

cancelled="$work/cancelled"
quick() { "$program" cluster submit --profile quick --threads 1 --against "$goldens" --rows vgg38 --limit 5m --out "$cancelled"; }
quick >/dev/null
find_running
for _ in $(seq 300); do
  if [ -e "$cancelled/runs/vgg38-s0/checkpoint.safetensors" ]; then break; fi
  sleep 0.2
done
before=$(cksum <"$cancelled/runs/vgg38-s0/checkpoint.safetensors")
scancel -n "$(cat "$cancelled/cluster/name")"
drain
status "$cancelled" | sed 's/^/  /'
status "$cancelled" | grep -Eq '^vgg38-s0 +cut ' || die "a cancelled run is not cut"
[ "$(cksum <"$cancelled/runs/vgg38-s0/checkpoint.safetensors")" != "$before" ] || die "cancelling wrote no checkpoint"
grep -q 'stopped by request' "$cancelled"/cluster/logs/*_0.txt || die "the program did not stop by itself"
say "cancelled: the run stopped with a checkpoint"

# --- a file system without locks -------------------------------------------------------------------------------------------

printf '#include <errno.h>\nint flock(int file, int how) { (void)file; (void)how; errno = ENOLCK; return -1; }\n' |
  "$clang" -shared -fPIC -x c - -o "$conf/no-locks.so"
refuses 2 'keeps no locks' env LD_PRELOAD="$conf/no-locks.so" "$program" run vgg08 --profile smoke --out "$work/alone"
LD_PRELOAD="$conf/no-locks.so" submit --out "$work/unlocked" --rows vgg08 --limit 1m >/dev/null
drain
grep -h 'keeps no locks' "$work"/unlocked/cluster/logs/*_0.txt || die "a task without locks does not say so"
status "$work/unlocked" | grep -Eq '^vgg08-s0 +done ' || die "a task without locks did not go on"
grep -Eq '^ *vgg08 +0 +identical' "$work/unlocked/goldens.txt" || die "a task without locks is not identical"
say "a file system without locks: the task goes on with a warning"

# --- a node without the program, a directory that is not shared ---------------------------------------------------------

submit --out "$work/lacking" --rows vgg08 --limit 1m --program "$conf/no-such-program" >/dev/null
drain
status "$work/lacking" | sed 's/^/  /'
grep -h 'there is no program' "$work"/lacking/cluster/logs/*_0.txt || die "a node without the program is not told of"

if unshare -m true 2>/dev/null; then
  kill "$node2"
  mkdir -p "$work/local"
  # shellcheck disable=SC2016
  setsid unshare -m bash -c 'mount -t tmpfs none "$1" && exec slurmd -D -N node2 -f "$2"' _ "$work/local" "$SLURM_CONF" \
    >/dev/null 2>&1 &
  processes="$processes $!"
  for _ in $(seq 60); do
    if sinfo -h -N -n node2 -o %T | grep -q idle; then break; fi
    sleep 1
  done
  sleep 3
  submit --out "$work/local/night" --rows vgg08 --limit 1m --partition night >/dev/null
  for _ in $(seq 60); do
    if ! squeue -h -r -o %T | grep -q RUNNING; then break; fi
    sleep 1
  done
  sleep 3
  status "$work/local/night" | sed 's/^/  /'
  status "$work/local/night" | grep -Eq '^vgg08-s0 +(failed|waiting).*' || die "a directory that is not shared is not told of"
else
  say "a directory that is not shared: NOT TRIED, this machine makes no mount namespaces"
fi

say "all passed"
