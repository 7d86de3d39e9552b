/**
 * The Merkle ledger's kernel: hashes, tiles, proofs, checkpoints and their signatures, as plain
 * functions of their input. No database, no network, no clock.
 *
 * <p>Leaves are hashed as RFC 6962, section 2.1, has it, which is RFC 9162's SHA-256 tree. The
 * hashes are kept as tiles of 256 (c2sp.org/tlog-tiles), and what the log says of itself is a
 * checkpoint (c2sp.org/tlog-checkpoint) in a signed note (c2sp.org/signed-note):
 *
 * <pre>
 * example.com/ledger
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 * — example.com/ledger Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
 * </pre>
 *
 * <p>Whoever runs the log, or holds its database, is the one to be guarded against: someone who
 * shows one reader a tree and another reader a different one, or takes a leaf back. An inclusion
 * proof ties a leaf to a checkpoint, a consistency proof ties a checkpoint to an earlier one, and a
 * witness's cosignature says that somebody else looked. Everything read from outside has one
 * accepted spelling and a bound.
 */
@NullMarked
package io.openexec.ledger;

import org.jspecify.annotations.NullMarked;
