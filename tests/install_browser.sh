#!/bin/sh
# Installs the browser of the browser tests where that is possible without asking; says in one line what is skipped where not.
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium for the browser tests ..."
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium libnss3-tools >/dev/null && exit 0
fi
echo "Browser tests are skipped: no chromium on the PATH (on Debian: apt install chromium)."
