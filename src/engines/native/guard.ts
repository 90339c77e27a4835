/**
 * A shell program that runs Triton and outlives nobody: `$1` is the prefix of its shared memory, the rest its command
 * line. SIGTERM is passed on, so that Triton ends in order; when our end of the standard input closes, which the
 * system does however we end, all of the process group is killed and the shared memory removed. Needs no right and no
 * program beyond a POSIX shell, so it does the same on Linux and macOS.
 */
export const GUARD = `
prefix=$1; shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
trap 'kill -TERM "$server" 2>/dev/null' TERM
( trap '' TERM
  while read -r _ <&3; do :; done
  kill -KILL "$server"
  rm -f "/dev/shm/$prefix"*
  kill -KILL 0 ) >/dev/null 2>&1 &
watcher=$!
exec 3<&-
while :; do
  wait "$server"
  status=$?
  kill -0 "$server" 2>/dev/null || break
done
rm -f "/dev/shm/$prefix"*
kill -KILL "$watcher"
wait "$watcher" 2>/dev/null
exit $status
`;
