#!/usr/bin/env bash
# slurm_sandbox.sh: a real Slurm on this machine alone, for tests: munge, slurmctld and several slurmd on loopback, in a
# folder of its own. No systemd, no cgroups, nothing outside that folder; several can run side by side.
#   scripts/slurm_sandbox.sh start [options]      starts one and prints its folder
#     --accounting        with slurmdbd and MariaDB, so that sacct answers
#     --nodes N           virtual nodes of 4 CPUs and 4000 MB each (4)
#     --set KEY=VALUE     a line of slurm.conf, in place of the one it would have (repeat for more)
#     --while PID         until that process has ended, then it is stopped by itself; parent: who called this
#   scripts/slurm_sandbox.sh stop [--all]         cancels its jobs, stops its daemons, removes the folder
#   scripts/slurm_sandbox.sh status               what runs; exit status 0: it answers, 1: it doesn't
#   eval "$(scripts/slurm_sandbox.sh env)"        this shell's sbatch, squeue ... talk to it
# Which one: --dir FOLDER, else --record FILE (start writes the folder's name there), else $SLURM_SANDBOX (set by env),
# else the only one there is. start without --dir makes a fresh folder below ${TMPDIR:-/tmp}.
set -euo pipefail

home="${TMPDIR:-/tmp}/slurm-sandboxes-$(id -u)"
cpus_per_node=4
first_port=20000       # below the ports that the system hands out by itself
ports_per_sandbox=32   # controller, database, slurmdbd, then one per node
sandboxes_at_most=380
longest_folder=80      # socket paths end at 107 bytes
patience=90            # seconds, on a loaded machine

die() { echo "slurm_sandbox: $*" >&2; exit 2; }
usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

verb=${1:-}
[ $# -gt 0 ] && shift
folder='' record='' accounting=no nodes=4 all=no owner='' settings=()
while [ $# -gt 0 ]; do
  case "$1" in
    --accounting) accounting=yes ;;
    --all) all=yes ;;
    --nodes | --set | --dir | --record | --while)
      [ $# -ge 2 ] || die "$1 needs a value"
      case "$1" in
        --nodes) nodes=$2 ;;
        --set) settings+=("$2") ;;
        --dir) folder=$2 ;;
        --record) record=$2 ;;
        --while) owner=$2 ;;
      esac
      shift ;;
    *) usage >&2; die "unknown option $1" ;;
  esac
  shift
done
if ! [[ $nodes =~ ^[0-9]+$ ]] || ((nodes < 1 || nodes > ports_per_sandbox - 3)); then
  die "--nodes $nodes: from 1 to $((ports_per_sandbox - 3))"
fi

# A zombie answers kill -0; only its state tells. It is nobody's daemon any more.
alive() {
  local state
  state=$(sed 's/.*) //;s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
  [ -n "$state" ] && [ "$state" != Z ]
}
# The process id in a file, if it is still that program.
daemon_of() {
  local id
  [ -s "$1" ] && id=$(cat "$1") && alive "$id" && [ "$(cat "/proc/$id/comm" 2>/dev/null)" = "$2" ] && echo "$id"
}
born() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; } # ids come round again, with this they don't
is_sandbox() { [ -f "$1/.slurm-sandbox" ]; }
answers() { SLURM_CONF="$1/etc/slurm.conf" timeout 15 scontrol ping 2>/dev/null | grep -q 'is UP'; }

known() { # folders of all sandboxes in the usual place
  local path
  for path in "$home"/s-*; do if is_sandbox "$path"; then echo "$path"; fi; done
}
choose_existing() {
  if [ -z "$folder" ] && [ -n "$record" ]; then
    [ -s "$record" ] || die "$record names no sandbox: start one with scripts/slurm_sandbox.sh start --record $record"
    folder=$(cat "$record")
  fi
  [ -n "$folder" ] || folder=${SLURM_SANDBOX:-}
  if [ -z "$folder" ]; then
    local found
    mapfile -t found < <(known)
    case ${#found[@]} in
      0) die "no sandbox here: start one with scripts/slurm_sandbox.sh start" ;;
      1) folder=${found[0]} ;;
      *) die "there are several, say which with --dir: ${found[*]}" ;;
    esac
  fi
  is_sandbox "$folder" || die "$folder is no sandbox: start one with scripts/slurm_sandbox.sh start"
}

# ---- start ------------------------------------------------------------------------------------------------------

require_programs() {
  local program lacking=() needed=(munged slurmctld slurmd sbatch)
  [ "$accounting" = yes ] && needed+=(slurmdbd mariadbd mariadb-install-db)
  for program in "${needed[@]}"; do command -v "$program" >/dev/null || lacking+=("$program"); done
  [ ${#lacking[@]} = 0 ] || die "not installed: ${lacking[*]}; install them with scripts/setup.sh"
}

listening() { # local TCP ports in use, one per line
  awk 'FNR > 1 { split($2, address, ":"); print address[2] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    while read -r port; do echo $((16#$port)); done
}
# A block of ports nobody listens at, reserved by a folder: two that start at once never get the same.
reserve_ports() {
  local used attempt block port
  used=$(listening | sort -u)
  mkdir -p "$home/ports"
  for attempt in $(seq "$sandboxes_at_most"); do
    block=$(((RANDOM + attempt) % sandboxes_at_most))
    mkdir "$home/ports/$block" 2>/dev/null || continue
    for ((port = first_port + block * ports_per_sandbox; port < first_port + (block + 1) * ports_per_sandbox; ++port)); do
      grep -qx "$port" <<<"$used" && { rmdir "$home/ports/$block"; continue 2; }
    done
    echo "$block"
    return
  done
  die "no free ports from $first_port on; old reservations are in $home/ports"
}

wait_for() { # description, command...
  local what=$1 end=$((SECONDS + patience))
  shift
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      tail -n 5 "$folder"/log/*.log >&2 || true
      die "$what: not ready after $patience s; the last lines of its logs are above, all of them in $folder/log"
    fi
    sleep 0.03
  done
}

write_configuration() { # first port
  local port=$1 host setting
  host=$(hostname -s)
  {
    cat <<CONF
ClusterName=sandbox
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
# cred_expire is also how long a requeued job waits: 120 s by default
AuthInfo=socket=$folder/run/munge.socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
# of its own for each node, else the PMIx folders of two collide
TmpFS=$folder/tmp/%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdPidFile=$folder/run/slurmd-%n.pid
SlurmdLogFile=$folder/log/slurmd-%n.log
SlurmctldDebug=info
SlurmdDebug=info
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=pmix
TaskProlog=$folder/etc/task_prolog.sh
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
# more CPUs than the machine has
SlurmdParameters=config_overrides
ReturnToService=1
SlurmdTimeout=300
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1,bf_max_time=1
KillWait=1
CompleteWait=0
# finished jobs stay visible
MinJobAge=86400
MaxJobCount=20000
MaxArraySize=10001
JobRequeue=1
CONF
    if [ "$accounting" = yes ]; then
      cat <<CONF
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 2))
AccountingStoragePass=$folder/run/munge.socket
AccountingStoreFlags=job_comment
AccountingStorageEnforce=associations,limits,qos
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=5
CONF
    else
      printf 'AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none\n'
    fi
    cat <<CONF
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 3))-$((port + 2 + nodes))] CPUs=$cpus_per_node RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  } >"$folder/etc/slurm.conf"
  for setting in "${settings[@]}"; do
    [[ $setting =~ ^[A-Za-z]+=.+$ ]] || die "--set $setting: KEY=VALUE"
    sed -i "/^${setting%%=*}=/d" "$folder/etc/slurm.conf"
    echo "$setting" >>"$folder/etc/slurm.conf"
  done
  (umask 077; cat >"$folder/etc/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$folder/run/munge.socket
DbdHost=$host
DbdAddr=127.0.0.1
DbdPort=$((port + 2))
SlurmUser=$(id -un)
PidFile=$folder/run/slurmdbd.pid
LogFile=$folder/log/slurmdbd.log
DebugLevel=info
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 1))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CONF
  )
  # All nodes are this host: Open MPI's shared-memory files of two of them would collide.
  cat >"$folder/etc/task_prolog.sh" <<'CONF'
#!/bin/sh
[ "${SLURM_JOB_NUM_NODES:-1}" -gt 1 ] && echo "export OMPI_MCA_btl=self,tcp"
echo "export OMPI_MCA_btl_tcp_if_include=lo"
echo "export OMPI_MCA_rmaps_base_oversubscribe=1"
CONF
  chmod 755 "$folder/etc/task_prolog.sh"
}

start_database() { # first port
  local socket="$folder/run/mariadb.sock" data="$folder/db"
  mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$data" --auth-root-authentication-method=normal \
    --skip-test-db --innodb-log-file-size=10M --innodb-flush-method=nosync >"$folder/log/mariadb-install.log" 2>&1 || die "mariadb-install-db failed: $folder/log/mariadb-install.log"
  setsid mariadbd --no-defaults --user="$(id -un)" --datadir="$data" --socket="$socket" \
    --pid-file="$folder/run/mariadbd.pid" --bind-address=127.0.0.1 --port=$(($1 + 1)) \
    --log-error="$folder/log/mariadbd.log" --skip-log-bin --skip-name-resolve --innodb-buffer-pool-size=64M \
    --innodb-log-file-size=10M --innodb-flush-method=nosync \
    --innodb-flush-log-at-trx-commit=0 --innodb-lock-wait-timeout=900 --performance-schema=OFF \
    </dev/null >>"$folder/log/mariadbd.out" 2>&1 &
  wait_for mariadbd mariadb-admin --no-defaults -uroot -S "$socket" ping
  mariadb --no-defaults -uroot -S "$socket" -e "CREATE DATABASE slurm_acct_db;
    CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm'; GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1'"
  slurmdbd
  wait_for slurmdbd sacctmgr -n -P show cluster
  # Limits are enforced, so this user needs an account; jobs of others are refused, as on a real cluster.
  sacctmgr -i -Q add cluster sandbox >/dev/null
  sacctmgr -i -Q add account astro cluster=sandbox >/dev/null
  if [ "$(id -un)" != root ]; then
    sacctmgr -i -Q add user "$(id -un)" account=astro adminlevel=Admin >/dev/null
  else
    sacctmgr -i -Q add user root account=astro >/dev/null
  fi
}
cluster_registered() { sacctmgr -n -P show cluster format=Cluster,ControlPort | grep -q "^sandbox|$1\$"; }
all_idle() { [ "$(sinfo -h -N -o %T | grep -cx idle)" -ge "$nodes" ]; }

start() {
  require_programs
  if [ -n "$record" ] && [ -s "$record" ] && is_sandbox "$(cat "$record")"; then
    folder=$(cat "$record") # left by a run that was interrupted: its jobs are nobody's
    stop
    folder=''
  fi
  mkdir -p "$home"
  if [ -z "$folder" ]; then folder=$(mktemp -d "$home/s-XXXXXX"); fi
  is_sandbox "$folder" && die "$folder has a sandbox: stop it with scripts/slurm_sandbox.sh stop --dir $folder"
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  [ ${#folder} -le $longest_folder ] || die "$folder: longer than $longest_folder characters, no room for socket names"
  [ -z "$(ls -A "$folder")" ] || die "$folder is not empty"
  local block port node variable
  block=$(reserve_ports)
  port=$((first_port + block * ports_per_sandbox))
  echo "$block" >"$folder/.slurm-sandbox"
  mkdir -p "$folder"/{etc,run,log,state,spool,munge}
  for ((node = 1; node <= nodes; ++node)); do mkdir -p "$folder/spool/n$node" "$folder/tmp/n$node"; done
  chmod 755 "$folder" "$folder"/{etc,run,log,spool,tmp}
  chmod 700 "$folder"/{state,munge}
  [ -z "$record" ] || echo "$folder" >"$record"

  # Before anything runs: whatever becomes of who started this, in a session of its own.
  if [ -n "$owner" ]; then
    setsid bash "${BASH_SOURCE[0]}" guard --dir "$folder" --record "$record" --while "$owner" </dev/null >/dev/null 2>&1 &
  fi
  trap '[ "$?" = 0 ] || stop_daemons' EXIT # half of a sandbox is none; its logs stay until stop
  # Of the caller's, they would reach daemons and jobs.
  for variable in $(compgen -e); do
    case "$variable" in SLURM* | SBATCH* | SALLOC_* | SQUEUE_* | SACCT_* | SINFO_* | SCANCEL_* | PMIX_* | PMI_* | OMPI_*) unset "$variable" ;; esac
  done
  export SLURM_CONF="$folder/etc/slurm.conf"
  write_configuration "$port"
  (umask 077; head -c 128 /dev/urandom >"$folder/munge/munge.key")
  munged --socket="$folder/run/munge.socket" --key-file="$folder/munge/munge.key" \
    --seed-file="$folder/munge/munged.seed" --pid-file="$folder/run/munged.pid" --log-file="$folder/log/munged.log"
  wait_for munged munge -S "$folder/run/munge.socket" -n
  [ "$accounting" = no ] || start_database "$port"
  slurmctld
  wait_for slurmctld answers "$folder"
  [ "$accounting" = no ] || wait_for "the cluster's registration" cluster_registered "$port"
  for ((node = 1; node <= nodes; ++node)); do slurmd -N "n$node"; done
  wait_for "$nodes nodes" all_idle
  echo "$folder"
}

# ---- stop -------------------------------------------------------------------------------------------------------

stop_program() { # seconds, program, files with its process ids...
  local seconds=$1 program=$2 file id ids=() tries
  shift 2
  for file in "$@"; do
    id=$(daemon_of "$file" "$program") || continue
    kill -TERM "$id" 2>/dev/null || true
    ids+=("$id")
  done
  for id in "${ids[@]}"; do
    tries=$((seconds * 50))
    while alive "$id" && ((tries-- > 0)); do sleep 0.02; done
    if alive "$id"; then kill -KILL "$id" 2>/dev/null || true; fi
  done
}
# What jobs left behind: processes with this sandbox's configuration in their environment, and a job's or a slurmstepd.
end_orphans() {
  local process environment
  for process in /proc/[0-9]*; do
    environment=$({ tr '\0' '\n' <"$process/environ"; } 2>/dev/null) || continue
    grep -qxF "SLURM_CONF=$folder/etc/slurm.conf" <<<"$environment" || continue
    if [ "$(cat "$process/comm" 2>/dev/null)" = slurmstepd ] || grep -q '^SLURM_JOB_ID=' <<<"$environment"; then
      [ "${process#/proc/}" = $$ ] || kill -KILL "${process#/proc/}" 2>/dev/null || true
    fi
  done
}
stop_daemons() {
  stop_program 5 slurmd "$folder"/run/slurmd-*.pid
  stop_program 20 slurmctld "$folder/run/slurmctld.pid"
  end_orphans
  stop_program 20 slurmdbd "$folder/run/slurmdbd.pid"
  stop_program 30 mariadbd "$folder/run/mariadbd.pid"
  stop_program 5 munged "$folder/run/munged.pid"
}
cancel_all_jobs() {
  local ids tries=60
  export SLURM_CONF="$folder/etc/slurm.conf"
  daemon_of "$folder/run/slurmctld.pid" slurmctld >/dev/null && answers "$folder" || return 0
  while ((tries-- > 0)); do
    mapfile -t ids < <(squeue -h -o %A 2>/dev/null | sort -u)
    [ ${#ids[@]} -gt 0 ] || return 0
    scancel --quiet --full --signal=KILL "${ids[@]}" 2>/dev/null || true
    scancel --quiet "${ids[@]}" 2>/dev/null || true
    sleep 0.1
  done
}
stop() {
  cancel_all_jobs
  stop_daemons
  local block
  block=$(cat "$folder/.slurm-sandbox")
  rm -rf -- "$folder"
  if [[ $block =~ ^[0-9]+$ ]]; then rmdir "$home/ports/$block" 2>/dev/null || true; fi
  if [ -n "$record" ] && [ "$(cat "$record" 2>/dev/null)" = "$folder" ]; then rm -f -- "$record"; fi
}
guard() {
  local birth
  birth=$(born "$owner")
  while is_sandbox "$folder" && alive "$owner" && [ "$(born "$owner")" = "$birth" ]; do sleep 0.5; done
  ! is_sandbox "$folder" || stop
}

# ---- status, env ------------------------------------------------------------------------------------------------

status() {
  local file program
  echo "folder: $folder"
  for file in "$folder"/run/*.pid; do
    program=$(basename "$file" .pid)
    if daemon_of "$file" "${program%%-*}" >/dev/null; then echo "  $program runs"; else echo "  $program is dead"; fi
  done
  if ! answers "$folder"; then
    echo "its controller doesn't answer; next: scripts/slurm_sandbox.sh stop --dir $folder"
    exit 1
  fi
  export SLURM_CONF="$folder/etc/slurm.conf"
  sinfo
  squeue
}

case "$verb" in
  start)
    [ "$owner" != parent ] || owner=$PPID
    [ -z "$owner" ] || alive "$owner" || die "--while $owner: there is no such process"
    start ;;
  guard) guard ;; # start's own
  stop)
    if [ "$all" = yes ]; then
      mapfile -t every < <(known)
      record=''
      for folder in "${every[@]}"; do stop; done
      exit 0
    fi
    if [ -n "$record" ] && [ ! -s "$record" ]; then
      echo "no sandbox recorded in $record"
      exit 0
    fi
    choose_existing
    stop ;;
  status) choose_existing; status ;;
  env)
    choose_existing
    printf 'export SLURM_CONF=%q SLURM_SANDBOX=%q\n' "$folder/etc/slurm.conf" "$folder" ;;
  -h | --help) usage ;;
  *) usage >&2; die "start, stop, status or env" ;;
esac
