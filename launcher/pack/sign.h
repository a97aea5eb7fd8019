/* SPDX-License-Identifier: MIT */
/*
 * Ed25519 signatures in files beside the signed ones, as minisign(1) writes and reads them.  The
 * cryptography is libsodium's.
 */
#ifndef MVM_PACK_SIGN_H
#define MVM_PACK_SIGN_H

#define SIGN_SUFFIX	".minisig"
#define SIGN_TEXT_MAX	1024

/* Reads the secret key, asking for its password when it has one.  0, or EXIT_MVM with a message. */
int sign_key(const char *path);
/*
 * Signs all of an open file with the key that sign_key() has read.  name: of the file, for the
 * trusted comment.  text: the signature file's.  0, or EXIT_MVM with the message printed.
 */
int sign_text(int fd, const char *name, char text[SIGN_TEXT_MAX]);
/*
 * Is FILE.minisig a signature of the open file by the public key, a file or the key itself?
 * 0, or EXIT_MVM with the message printed.
 */
int sign_verify(int fd, const char *name, const char *key);

#endif
