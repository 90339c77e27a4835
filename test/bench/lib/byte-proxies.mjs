import { spawn, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';

/**
 * The proxies in C on PATH that copy bytes to the engine's port.
 * @param folder takes their files
 */
export async function startByteProxies(folder, engine) {
  const proxies = [];
  for (const name of ['socat', 'haproxy']) {
    if (spawnSync(name, [name === 'socat' ? '-V' : '-v']).error) continue;
    const port = await freePort();
    const to = `127.0.0.1:${engine}`;
    const config = `global\n nbthread 1\ndefaults\n mode tcp\n timeout connect 5s\n timeout client 60s\n timeout server 60s\nlisten l\n bind 127.0.0.1:${port}\n server s ${to}\n`;
    const file = path.join(folder, 'haproxy.cfg');
    await writeFile(file, config);
    const args =
      name === 'socat'
        ? [`TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,nodelay`, `TCP:${to},nodelay`]
        : ['-f', file];
    const child = spawn(name, args, { stdio: 'ignore' });
    await untilOpen(port);
    proxies.push({ name, port, child });
  }
  return proxies;
}

async function untilOpen(port) {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const isOpen = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await sleep(20);
  }
}
