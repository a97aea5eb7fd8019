#!/bin/sh
# SPDX-License-Identifier: MIT
# openssl as Debian has it, dynamically linked: what one side encrypts or signs the other decrypts or
# verifies; keys, certificates, digests.
. "$(dirname "$0")/common.sh"

debs openssl openssl
root=$dir
sample_files
cat "$O/apps/sqlite3.elf" >"$scratch/files/big"
environment="OPENSSL_CONF=/dev/null"
# Bochs says that it has ADX, and with it openssl's RSA is wrong there, without any VM.
[ "${MVM_LAB:-}" != vmx ] || native_environment=OPENSSL_ia32cap=:~0x80000
program openssl "$version" "Debian's dynamic binary, --root" \
	"digests, ciphers, RSA, EC and Ed25519 keys and signatures, certificates, CMS, between VM and native"

for digest in md5 sha1 sha256 sha512 sha3-256 blake2b512; do
	same programs/openssl/$digest /dev/null /usr/bin/openssl dgst -$digest big numbers table.csv
done

mkdir "$scratch/work"
cp "$scratch/files/big" "$scratch/files/numbers" "$scratch/work/"

# on vm|native ARGS...: openssl in the work directory; 1 with a FAIL line when it fails.
on() {
	where=$1
	shift
	if [ "$where" = vm ]; then
		vm "--dir $scratch/work:/data --cwd /data --env HOME=/tmp" /usr/bin/openssl "$@"
	else
		(cd "$scratch/work" && native /usr/bin/openssl "$@")
	fi >"$scratch/out" 2>"$scratch/err" && return
	bad "$name" "openssl $1 fails ($where)" "$scratch/err"
	return 1
}

# unchanged A B
unchanged() {
	cmp -s "$scratch/work/$1" "$scratch/work/$2" && return
	bad "$name" "$2 is not what $1 was"
	return 1
}

key='-pbkdf2 -iter 5000 -pass pass:secret'
for cipher in aes-256-cbc aes-128-ctr chacha20 camellia-192-cbc; do
	name=programs/openssl/$cipher
	# shellcheck disable=SC2086 # a list of words
	on vm enc -e -$cipher $key -in big -out big.enc &&
		on native enc -d -$cipher $key -in big.enc -out big.dec && unchanged big big.dec &&
		on native enc -e -$cipher $key -a -in big -out big.enc &&
		on vm enc -d -$cipher $key -a -in big.enc -out big.dec && unchanged big big.dec &&
		ok "$name"
done

for algorithm in RSA:rsa_keygen_bits:2048 EC:ec_paramgen_curve:P-256 ED25519; do
	name=programs/openssl/${algorithm%%:*}
	pkeyopt=
	[ "$algorithm" = ED25519 ] || pkeyopt="-pkeyopt ${algorithm#*:}"
	# shellcheck disable=SC2086
	on vm genpkey -algorithm ${algorithm%%:*} $pkeyopt -out key.pem &&
		on native pkey -in key.pem -pubout -out public.pem &&
		on vm pkeyutl -sign -inkey key.pem -rawin -in numbers -out signature &&
		on native pkeyutl -verify -pubin -inkey public.pem -rawin -in numbers \
			-sigfile signature &&
		on native pkeyutl -sign -inkey key.pem -rawin -in numbers -out signature &&
		on vm pkeyutl -verify -pubin -inkey public.pem -rawin -in numbers -sigfile signature &&
		ok "$name"
done

name=programs/openssl/certificates
cat >"$scratch/work/req.cnf" <<'END'
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:true
[leaf]
subjectAltName = DNS:guest.example,IP:127.0.0.1
END
on vm req -config req.cnf -extensions ca -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes \
	-subj /CN=root -days 30 -keyout ca.key -out ca.pem &&
	on vm req -config req.cnf -newkey rsa:2048 -nodes -subj /CN=guest -keyout leaf.key -out leaf.csr &&
	on vm x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 10 \
		-extfile req.cnf -extensions leaf -out leaf.pem &&
	on native verify -CAfile ca.pem -verify_hostname guest.example leaf.pem &&
	on vm verify -CAfile ca.pem -verify_ip 127.0.0.1 leaf.pem &&
	on native cms -encrypt -aes256 -binary -in big -outform DER -out big.cms leaf.pem &&
	on vm cms -decrypt -inform DER -in big.cms -inkey leaf.key -out big.dec && unchanged big big.dec &&
	ok $name

name=programs/openssl/primes
on vm prime -hex FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF &&
	grep -q 'is prime' "$scratch/out" && ok $name
