/**
 * A shell script that runs Triton and leaves nothing behind. `$1` is the prefix of its shared memory, the rest its command
 * line. SIGTERM is forwarded, so that Triton exits in order. When our end of the script's stdin closes, which happens
 * however we end, the whole process group is killed and the shared memory removed. It needs only a POSIX shell, and so
 * works the same on Linux and macOS.
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
