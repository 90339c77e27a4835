#!/usr/bin/env bash
# Makes the base on which the tests build the slim image and prints its name: the root of the test image without its
# server, with pip. It stands in for the slim Python image, which only a registry has. Seconds, once.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
recipe=$(cat "${BASH_SOURCE[0]}" "$here/test-image.sh" | sha256sum | cut -c1-12)
image=triton-local/test-slim-base:$recipe
certificates=/etc/ssl/certs/ca-certificates.crt

build() {
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  python3 -m venv "$work/venv" >&2
  mkdir "$work/context"
  cp -r "$work"/venv/lib/python3*/site-packages/pip "$work/context/pip"
  # A machine whose way out re-signs what it fetches has that authority here.
  cp "$certificates" "$work/context/certificates.crt" 2>/dev/null || : >"$work/context/certificates.crt"
  cat >"$work/context/Dockerfile" <<END
FROM $(bash "$here/test-image.sh")
RUN rm -rf /opt/tritonserver && mkdir -p /opt /etc/ssl/certs
COPY pip /usr/lib/python3/dist-packages/pip
COPY certificates.crt $certificates
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LD_LIBRARY_PATH= PIP_DEFAULT_TIMEOUT=120
$([ -s "$work/context/certificates.crt" ] && echo "ENV PIP_CERT=$certificates")
WORKDIR /
END
  DOCKER_BUILDKIT=0 docker build --quiet --tag "$image" "$work/context" >&2
}

docker image inspect "$image" >/dev/null 2>&1 || build
echo "$image"
