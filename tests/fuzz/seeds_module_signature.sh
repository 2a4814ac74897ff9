#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Seeds for fuzz_module_signature: real certificates and messages of several forms, each for the rules of four kernels.
# A message with its certificate behind it has its key among the trusted ones.
# usage: seeds_module_signature.sh DIRECTORY
set -euo pipefail
mkdir -p "$1"
seeds=$(cd "$1" && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
printf 'content of a module\n' >content
printf '[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=x\n[own]\nkeyUsage=digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid,issuer\n' >cnf

key() { # NAME KEY-OPTION...
    openssl genpkey -quiet -out "$1.key" "${@:2}"
    openssl req -x509 -new -key "$1.key" -config cnf -extensions own -subj "/CN=$1" -days 36500 -out "$1.pem"
    openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

# For each of the releases that the first byte can choose.
seed() { # NAME FILE...
    local number
    for number in 0 1 2 3; do
        { printf '%b' "\\x0$number" && cat "${@:2}"; } >"$seeds/$1.$number"
    done
}

message() { # NAME KEY OPTION...
    openssl cms -sign -binary -in content -outform DER -signer "$2.pem" -inkey "$2.key" "${@:3}" -out "$1"
    seed "$1" "$1"
    seed "$1-trusted" "$1" "$2.der"
}

key rsa -algorithm RSA -pkeyopt rsa_keygen_bits:1024
key ec -algorithm EC -pkeyopt ec_paramgen_curve:P-256
seed certificates rsa.der ec.der
for name in rsa ec; do
    message "$name-plain" "$name" -noattr -nocerts
    message "$name-keyid" "$name" -noattr -nocerts -keyid
    message "$name-certificate" "$name" -noattr
    message "$name-attributes" "$name" -nocerts
done
message two rsa -noattr -nocerts -signer ec.pem -inkey ec.key
message data rsa -noattr -nocerts -nodetach -stream -indef
size=$(stat -c %s rsa-plain)
info=$(printf '\\x00\\x00\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x%02x\\x%02x' $((size / 256)) $((size % 256)))
{ cat content rsa-plain && printf '%b' "$info" && echo '~Module signature appended~'; } >module
seed module module
