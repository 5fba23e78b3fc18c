/** Reverse proxies without any knowledge of language models: the floor of what passing a request on costs. */

import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Gateway, listening, outputOf, upstreamModel, versionIn } from './gateway-adapters.ts'

const nginxProgram = process.env.NGINX ?? '/usr/sbin/nginx'
const haproxyProgram = process.env.HAPROXY ?? '/usr/sbin/haproxy'

const hostOf = (url: string) => new URL(url).host
const endpoint = { headers: {}, model: upstreamModel }

export const nginx: Gateway = {
  name: 'nginx',
  missing: () =>
    outputOf(nginxProgram, ['-v']) === null ? 'apt-get install nginx-light, or NGINX=/path/to/nginx' : null,
  version: () => versionIn(outputOf(nginxProgram, ['-v'])),
  setUp: 'round robin; a worker per processor, connections kept, no access log, nothing buffered',
  routes: 'all',
  start: ({ upstreams, folder }) =>
    listening(
      'nginx',
      port => {
        const file = join(folder, 'nginx.conf')
        writeFileSync(
          file,
          `${process.getuid?.() === 0 ? 'user root;\n' : ''}worker_processes ${availableParallelism()};
daemon off;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  upstream engines {
${upstreams.map(url => `    server ${hostOf(url)};`).join('\n')}
    keepalive 256;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://engines;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`,
        )
        return {
          program: nginxProgram,
          words: ['-p', folder, '-c', file, '-e', 'stderr'],
          log: join(folder, 'log'),
        }
      },
      endpoint,
    ),
}

export const haproxy: Gateway = {
  name: 'haproxy',
  missing: () =>
    outputOf(haproxyProgram, ['-v']) === null ? 'apt-get install haproxy, or HAPROXY=/path/to/haproxy' : null,
  version: () => versionIn(outputOf(haproxyProgram, ['-v'])),
  setUp: 'round robin; a thread per processor, connections kept and shared, no log, http-no-delay',
  routes: 'all',
  start: ({ upstreams, folder }) =>
    listening(
      'haproxy',
      port => {
        const file = join(folder, 'haproxy.cfg')
        writeFileSync(
          file,
          `global
  maxconn 8192
defaults
  mode http
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s
listen engines
  bind 127.0.0.1:${port}
  balance roundrobin
${upstreams.map((url, index) => `  server engine${index} ${hostOf(url)}`).join('\n')}
`,
        )
        return { program: haproxyProgram, words: ['-db', '-f', file], log: join(folder, 'log') }
      },
      endpoint,
    ),
}
