// Checks a ledger in a directory with golang.org/x/mod/sumdb, which knows nothing of the code that
// wrote it. It prints a line of JSON for each check, and exits with 1 if any of them fails.
//
// The directory holds:
//
//	checkpoint     the signed note
//	older          a signed note of an earlier size, optional
//	key            the log's verifier key
//	witness        the verifier key of a witness that has cosigned the checkpoint, optional
//	tile/...       the tiles and entry bundles, at the paths of c2sp.org/tlog-tiles
//	inclusion      a line {"index":n,"tree_size":m,"hashes":[base64,...]} for each leaf
//	consistency    one line {"old_size":n,"tree_size":m,"hashes":[base64,...]}, if there is an older
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ledger DIRECTORY")
		os.Exit(2)
	}
	l := &ledger{directory: os.Args[1]}
	holds := l.check("note", l.openCheckpoint) &&
		l.check("root", l.checkRoot) &&
		l.check("entries", l.checkEntries) &&
		l.check("inclusion", l.checkInclusion)
	if holds && l.has("older") {
		holds = l.check("consistency", l.checkConsistency)
	}
	if holds && l.has("witness") {
		holds = l.check("cosignature", l.checkCosignature)
	}
	if !holds {
		os.Exit(1)
	}
}

type ledger struct {
	directory string
	tree      tlog.Tree
	reader    tlog.HashReader
	leaves    []tlog.Hash // of the entries
}

func (l *ledger) check(name string, run func() error) bool {
	result := struct {
		Check string `json:"check"`
		Holds bool   `json:"holds"`
		Why   string `json:"why,omitempty"`
	}{Check: name}
	if err := run(); err != nil {
		result.Why = err.Error()
	} else {
		result.Holds = true
	}
	line, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
	return result.Holds
}

func (l *ledger) has(name string) bool {
	_, err := os.Stat(filepath.Join(l.directory, name))
	return err == nil
}

func (l *ledger) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(l.directory, filepath.FromSlash(name)))
}

// open verifies a signed note under the log's key, and reads the checkpoint in it.
func (l *ledger) open(name string) (tlog.Tree, error) {
	key, err := l.read("key")
	if err != nil {
		return tlog.Tree{}, err
	}
	verifier, err := note.NewVerifier(string(key))
	if err != nil {
		return tlog.Tree{}, err
	}
	message, err := l.read(name)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

func (l *ledger) openCheckpoint() (err error) {
	l.tree, err = l.open("checkpoint")
	l.reader = tlog.TileHashReader(l.tree, tiles{l})
	return err
}

// checkRoot demands that the right-most tiles give the checkpoint's root. TileHashReader verifies
// each tile against it before a hash is taken from the tile.
func (l *ledger) checkRoot() error {
	root, err := tlog.TreeHash(l.tree.N, l.reader)
	if err == nil && root != l.tree.Hash {
		err = errors.New("the tiles have another root")
	}
	return err
}

// checkEntries demands that each entry hashes to its leaf.
func (l *ledger) checkEntries() error {
	for first := int64(0); first < l.tree.N; first += tileWidth {
		width := l.tree.N - first
		if width > tileWidth {
			width = tileWidth
		}
		path := tlog.Tile{H: tileHeight, L: -1, N: first / tileWidth, W: int(width)}.Path()
		bundle, err := l.read(strings.Replace(path, "tile/8/data/", "tile/entries/", 1))
		if err != nil {
			return err
		}
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return fmt.Errorf("entry %d is cut", first+i)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			l.leaves = append(l.leaves, tlog.RecordHash(bundle[2:end]))
			bundle = bundle[end:]
		}
		if len(bundle) != 0 {
			return fmt.Errorf("more than %d entries in %s", width, path)
		}
	}
	for i, leaf := range l.leaves {
		hashes, err := l.reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		if err != nil {
			return err
		}
		if hashes[0] != leaf {
			return fmt.Errorf("entry %d is not the leaf of that index", i)
		}
	}
	return nil
}

type proof struct {
	Index  int64    `json:"index"`
	Old    int64    `json:"old_size"`
	Size   int64    `json:"tree_size"`
	Hashes [][]byte `json:"hashes"`
}

func (p proof) hashes() ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(p.Hashes))
	for i, hash := range p.Hashes {
		if copy(hashes[i][:], hash) != tlog.HashSize || len(hash) != tlog.HashSize {
			return nil, errors.New("a hash of another length")
		}
	}
	return hashes, nil
}

func (l *ledger) proofs(name string) ([]proof, error) {
	text, err := l.read(name)
	if err != nil {
		return nil, err
	}
	var proofs []proof
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var p proof
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, err
		}
		if p.Size != l.tree.N {
			return nil, fmt.Errorf("%s: a proof for another tree of %d", name, p.Size)
		}
		proofs = append(proofs, p)
	}
	return proofs, lines.Err()
}

// checkInclusion verifies the given proof of every leaf, and demands that it is the one that the
// tiles give.
func (l *ledger) checkInclusion() error {
	proofs, err := l.proofs("inclusion")
	if err != nil {
		return err
	}
	if int64(len(proofs)) != l.tree.N {
		return fmt.Errorf("%d proofs for %d leaves", len(proofs), l.tree.N)
	}
	for i, p := range proofs {
		given, err := p.hashes()
		if err != nil {
			return err
		}
		index := int64(i)
		if err := tlog.CheckRecord(given, l.tree.N, l.tree.Hash, p.Index, l.leaves[i]); err != nil {
			return fmt.Errorf("leaf %d: %v", index, err)
		}
		own, err := tlog.ProveRecord(l.tree.N, index, l.reader)
		if err != nil {
			return err
		}
		if p.Index != index || !equal(own, given) {
			return fmt.Errorf("leaf %d: the tiles give another proof", index)
		}
	}
	return nil
}

func (l *ledger) checkConsistency() error {
	older, err := l.open("older")
	if err != nil {
		return err
	}
	proofs, err := l.proofs("consistency")
	if err != nil {
		return err
	}
	if len(proofs) != 1 || proofs[0].Old != older.N {
		return errors.New("not one proof for the older checkpoint")
	}
	given, err := proofs[0].hashes()
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(given, l.tree.N, l.tree.Hash, older.N, older.Hash); err != nil {
		return err
	}
	own, err := tlog.ProveTree(l.tree.N, older.N, l.reader)
	if err == nil && !equal(own, given) {
		err = errors.New("the tiles give another proof")
	}
	return err
}

func equal(one, other []tlog.Hash) bool {
	if len(one) != len(other) {
		return false
	}
	for i := range one {
		if one[i] != other[i] {
			return false
		}
	}
	return true
}

// tiles reads the files of c2sp.org/tlog-tiles, whose paths are without the tiles' height.
type tiles struct{ l *ledger }

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		var err error
		data[i], err = t.l.read(strings.Replace(tile.Path(), "tile/8/", "tile/", 1))
		if err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (l *ledger) checkCosignature() error {
	key, err := l.read("witness")
	if err != nil {
		return err
	}
	witness, err := newWitness(string(key))
	if err != nil {
		return err
	}
	message, err := l.read("checkpoint")
	if err != nil {
		return err
	}
	_, err = note.Open(message, note.VerifierList(witness))
	return err
}

// witness verifies cosignature/v1 (c2sp.org/tlog-cosignature), which the library does not know.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(text string) (*witness, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed witness key")
	}
	encoded, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(encoded) != 1+ed25519.PublicKeySize || encoded[0] != 0x04 {
		return nil, errors.New("not the key of a witness")
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(encoded)))
	if fmt.Sprintf("%x", sum[:4]) != parts[1] {
		return nil, errors.New("the witness key has another id")
	}
	return &witness{parts[0], binary.BigEndian.Uint32(sum[:4]), encoded[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	time := binary.BigEndian.Uint64(signature)
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, text)
	return ed25519.Verify(w.key, []byte(message), signature[8:])
}
