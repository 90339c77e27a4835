#!/usr/bin/env bash
# Makes the Triton image of the tests and prints its name. No image registry is needed: a minimal Debian root by
# debootstrap, into which the server, its libraries and its Python backend from the nvidia-pytriton wheel are laid,
# then `docker import`. About 45 s the first time; afterwards the image, or the archive it came from, is found by the
# hash of this recipe. Needs root, Debian's debootstrap, python3 and a running Docker daemon.
set -euo pipefail
recipe=$(sha256sum "${BASH_SOURCE[0]}" | cut -c1-12)
image=triton-local/test-triton:$recipe
cache=${XDG_CACHE_HOME:-$HOME/.cache}/triton-local-dev/test-image
archive=$cache/$recipe-$(uname -m).tar
wheel_version=0.5.14
suite=bookworm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

log() { printf 'test-image: %s\n' "$*" >&2; }

# The wheel is only unpacked, never installed: any Python can fetch it, whatever its own version.
fetch_wheel() {
  local machine
  machine=$(uname -m)
  python3 -m venv "$1/venv" >&2
  "$1/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --platform "manylinux_2_35_$machine" --python-version 3.11 "nvidia-pytriton==$wheel_version" -d "$1/wheel" >&2
  "$1/venv/bin/python" -m zipfile -e "$1"/wheel/*.whl "$1/unpacked"
}

make_root() {
  debootstrap --variant=minbase --include=python3,python3-numpy,libgomp1,libpython3.11 "$suite" "$1/root" "$mirror" >&2
}

lay_server() {
  local from=$1/unpacked to=$1/root/opt/tritonserver
  mkdir -p "$to/backends/python"
  cp -r "$from/nvidia_pytriton.libs" "$to/lib"
  cp -r "$from/pytriton/tritonserver/bin" "$from/pytriton/tritonserver/caches" "$to/"
  cp "$from"/pytriton/tritonserver/backends/python/* "$from/pytriton/tritonserver/python_backend_stubs/3.11/triton_python_backend_stub" \
    "$to/backends/python/"
  chmod 755 "$to/bin/tritonserver" "$to/backends/python/triton_python_backend_stub"
  # What neither the server nor a Python model opens.
  rm -rf "$1"/root/var/cache/apt/* "$1"/root/var/lib/apt/lists/* "$1"/root/usr/share/{doc,man,locale,info} \
    "$1"/root/usr/lib/python3.11/{test,idlelib} "$to"/lib/libpython3-*
}

build() {
  local work
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  log 'making the Triton test image (once, about 45 s)'
  fetch_wheel "$work"
  make_root "$work"
  lay_server "$work"
  mkdir -p "$cache"
  rm -f "$cache"/*.tar
  tar -C "$work/root" --numeric-owner --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -cf "$archive.tmp" .
  mv "$archive.tmp" "$archive"
}

if ! docker image inspect "$image" >/dev/null 2>&1; then
  [ -s "$archive" ] || build
  docker import --change 'ENV PATH=/opt/tritonserver/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'ENV LD_LIBRARY_PATH=/opt/tritonserver/lib' --change 'WORKDIR /opt/tritonserver' \
    "$archive" "$image" >/dev/null
fi
echo "$image"
