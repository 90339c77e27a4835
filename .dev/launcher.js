#!/usr/bin/env node
// The file behind the `triton-local` command. Its syntax is that of Node 15, so that an old Node
// reaches the check below; everything else is imported after it.
import module from 'node:module';

const wanted = '__NODE__'.split('.').map(Number);
const have = process.versions.node.split('.').map(Number);
if (have[0] < wanted[0] || (have[0] === wanted[0] && have[1] < wanted[1])) {
  process.stderr.write(
    `triton-local needs Node.js __NODE__ or newer, and this is ${process.versions.node} (${process.execPath}).\n` +
      'Install a current one from https://nodejs.org, or with a version manager: nvm install --lts\n',
  );
  process.exit(5);
}
if (process.env.npm_command) endWithParent();
// Official builds of onnxruntime report to their maker, and write files for it, unless this is set before they load.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
// From Node 22 on, V8's compiled code is kept between starts (NODE_COMPILE_CACHE or the system's temporary folder).
if (module.enableCompileCache) module.enableCompileCache();
await import('./main.js');

/**
 * npm starts us below a shell, which dies by a signal that npm is sent and passes on, and tells us nothing: we take the
 * loss of that parent for the signal, unless we have had one ourselves.
 */
function endWithParent() {
  const parent = process.ppid;
  let signalled = false;
  const note = (signal) => {
    signalled = true;
    if (process.listenerCount(signal) > 1) return;
    process.off(signal, note);
    process.kill(process.pid, signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, note);
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    if (!signalled) process.kill(process.pid, 'SIGTERM');
  }, 250);
  watch.unref();
}
