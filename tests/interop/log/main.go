// Judges, with software that onecode has no part in, a transparency log that onecode has published, and publishes one itself for
// onecode to judge. Signed notes and the tree are golang.org/x/mod's (the client of Go's checksum database), proofs are verified once
// more by transparency-dev's.
//
//	interop check FOLDER VERIFIER SIZES     all of a log: every checkpoint, tile, entry and proof of it
//	interop flip FOLDER VERIFIER SIZE FILE  is FILE refused, with whatever byte of it another?
//	interop write FOLDER SEED SIZES         a log of its own; prints its verifier
//
// SIZES is a list with commas; the checkpoint of each stands beside the log's files as checkpoint.SIZE.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// Files of a log, each read once. A test puts others in their place.
type files struct {
	folder string
	known  map[string][]byte
}

func (f files) read(path string) ([]byte, error) {
	if data, ok := f.known[path]; ok {
		return data, nil
	}
	data, err := os.ReadFile(filepath.Join(f.folder, path))
	if err == nil {
		f.known[path] = data
	}
	return data, err
}

// The full tile has the partial one as its beginning, and may have taken its place.
func (f files) readTile(path string) (data []byte, instead bool, err error) {
	data, err = f.read(path)
	if i := strings.Index(path, ".p/"); errors.Is(err, os.ErrNotExist) && i >= 0 {
		data, err = f.read(path[:i])
		return data, true, err
	}
	return data, false, err
}

// tlog's paths have the height of the tiles in them and "data" for entries; those of C2SP tlog-tiles have neither.
func path(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height))
	if t.L == -1 {
		p = "entries/" + strings.TrimPrefix(p, "data/")
	}
	return "tile/" + p
}

// The tlog.TileReader of these files.
type tiles struct{ files }

func (t tiles) Height() int                                { return height }
func (t tiles) SaveTiles(tiles []tlog.Tile, data [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range wanted {
		data, instead, err := t.readTile(path(tile))
		if err != nil {
			return nil, err
		}
		if instead && len(data) >= tile.W*tlog.HashSize {
			data = data[:tile.W*tlog.HashSize]
		}
		out = append(out, data)
	}
	return out, nil
}

func (f files) entries(n int64, width int) ([][]byte, error) {
	name := path(tlog.Tile{H: height, L: -1, N: n, W: width})
	data, instead, err := f.readTile(name)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s ends within an entry", name)
		}
		size := int(binary.BigEndian.Uint16(data))
		out, data = append(out, data[2:2+size]), data[2+size:]
	}
	if instead && len(out) > width {
		out = out[:width]
	}
	if len(out) != width {
		return nil, fmt.Errorf("%s has %d entries, not %d", name, len(out), width)
	}
	return out, nil
}

type head struct {
	tree      tlog.Tree
	signature string
}

func (f files) checkpoint(name string, key note.Verifier) (head, error) {
	data, err := f.read(name)
	if err != nil {
		return head{}, err
	}
	opened, err := note.Open(data, note.VerifierList(key))
	if err != nil {
		return head{}, err
	}
	lines := strings.SplitN(opened.Text, "\n", 4)
	if len(lines) != 4 || lines[0] != key.Name() {
		return head{}, fmt.Errorf("%s is no checkpoint of %s", name, key.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, fmt.Errorf("%s has a size of %q", name, lines[1])
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		return head{}, err
	}
	signature, err := base64.StdEncoding.DecodeString(opened.Sigs[0].Base64)
	return head{tlog.Tree{N: size, Hash: hash}, string(signature)}, err
}

func merkleProof(hashes []tlog.Hash) [][]byte {
	out := [][]byte{}
	for i := range hashes {
		out = append(out, hashes[i][:])
	}
	return out
}

// Some of them: all of a short log, those at the edges of tiles and a scatter of the others in a long one.
func chosen(i, size int64) bool {
	return size < 270 || i < 3 || i >= size-3 || i%256 == 0 || i%256 == 255 || i%997 == 0
}

// Every entry of the tree has its hash in the tiles, which come to the root; chosen ones have proofs that convince.
func (f files) checkTree(tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, tiles{f})
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		entries, err := f.entries(first/256, int(width))
		if err != nil {
			return err
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(i)))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			index := first + int64(i)
			if tlog.RecordHash(entry) != hashes[i] {
				return fmt.Errorf("entry %d is not the one that was logged", index)
			}
			if !chosen(index, tree.N) {
				continue
			}
			p, err := tlog.ProveRecord(tree.N, index, reader)
			if err != nil {
				return err
			}
			if err := tlog.CheckRecord(p, tree.N, tree.Hash, index, hashes[i]); err != nil {
				return err
			}
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(tree.N),
				rfc6962.DefaultHasher.HashLeaf(entry), merkleProof(p), tree.Hash[:]); err != nil {
				return err
			}
		}
	}
	return f.checkTiles(tree, reader)
}

// Every tile that the tree has is there, also those that no proof above has asked for.
func (f files) checkTiles(tree tlog.Tree, reader tlog.HashReader) error {
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		want, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		got, err := tiles{f}.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return err
		}
		if !bytes.Equal(got[0], want) {
			return fmt.Errorf("%s is not the tile of this tree", path(tile))
		}
	}
	return nil
}

func (f files) checkConsistency(before, after tlog.Tree) error {
	p, err := tlog.ProveTree(after.N, before.N, tlog.TileHashReader(after, tiles{f}))
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(p, after.N, after.Hash, before.N, before.Hash); err != nil {
		return err
	}
	return proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(before.N), uint64(after.N), merkleProof(p), before.Hash[:], after.Hash[:])
}

func sizesOf(list string) ([]int64, error) {
	var out []int64
	for _, s := range strings.Split(list, ",") {
		size, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, size)
	}
	return out, nil
}

func check(folder, verifier, list string) error {
	key, err := note.NewVerifier(verifier)
	if err != nil {
		return err
	}
	sizes, err := sizesOf(list)
	if err != nil {
		return err
	}
	f := files{folder, map[string][]byte{}}
	var heads []head
	for _, size := range sizes {
		h, err := f.checkpoint(fmt.Sprintf("checkpoint.%d", size), key)
		if err != nil {
			return err
		}
		if h.tree.N != size {
			return fmt.Errorf("checkpoint.%d is of size %d", size, h.tree.N)
		}
		if err := f.checkTree(h.tree); err != nil {
			return fmt.Errorf("at size %d: %w", size, err)
		}
		for _, before := range heads {
			if err := f.checkConsistency(before.tree, h.tree); err != nil {
				return fmt.Errorf("from %d to %d: %w", before.tree.N, size, err)
			}
		}
		heads = append(heads, h)
	}
	last, err := f.checkpoint("checkpoint", key)
	if err != nil {
		return err
	}
	if last != heads[len(heads)-1] {
		return fmt.Errorf("checkpoint is of size %d", last.tree.N)
	}
	return nil
}

func flip(folder, verifier, size, name string) error {
	key, err := note.NewVerifier(verifier)
	if err != nil {
		return err
	}
	f := files{folder, map[string][]byte{}}
	good, err := f.read(name)
	if err != nil {
		return err
	}
	taken := func(data []byte) (head, error) {
		f.known[name] = data
		h, err := f.checkpoint("checkpoint", key)
		if err == nil && strconv.FormatInt(h.tree.N, 10) != size {
			err = errors.New("of another size")
		}
		if err == nil {
			err = f.checkTree(h.tree)
		}
		return h, err
	}
	as, err := taken(good)
	if err != nil {
		return err
	}
	for i := range good {
		for bit := 0; bit < 8; bit++ {
			if len(good) > 2000 && bit != i%8 {
				continue
			}
			bad := append([]byte{}, good...)
			bad[i] ^= 1 << uint(bit)
			h, err := taken(bad)
			// The last letter of base64 may have bits that mean nothing, and Go does not look at them: another spelling of the
			// same signature is not another signature.
			if err == nil && (name != "checkpoint" || h != as) {
				return fmt.Errorf("%s is taken with bit %d of byte %d flipped", name, bit, i)
			}
		}
	}
	return nil
}

func put(folder, name string, data []byte) error {
	name = filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

func write(folder, seed, list string) error {
	sizes, err := sizesOf(list)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(seed, 10, 64)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewSource(number))
	private, verifier, err := note.GenerateKey(random, "go.example/log")
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, err error) {
		for _, i := range indexes {
			out = append(out, stored[i])
		}
		return out, nil
	})
	var entries [][]byte
	before := int64(0)
	for _, size := range sizes {
		for n := before; n < size; n++ {
			entry := make([]byte, random.Intn(60))
			random.Read(entry)
			entries = append(entries, entry)
			hashes, err := tlog.StoredHashes(n, entry, reader)
			if err != nil {
				return err
			}
			stored = append(stored, hashes...)
		}
		for _, tile := range tlog.NewTiles(height, before, size) {
			data, err := tlog.ReadTileData(tile, reader)
			if err != nil {
				return err
			}
			if err := put(folder, path(tile), data); err != nil {
				return err
			}
			if tile.L != 0 {
				continue
			}
			var bundle []byte
			for i := tile.N * 256; i < tile.N*256+int64(tile.W); i++ {
				bundle = append(bundle, byte(len(entries[i])>>8), byte(len(entries[i])))
				bundle = append(bundle, entries[i]...)
			}
			tile.L = -1
			if err := put(folder, path(tile), bundle); err != nil {
				return err
			}
		}
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), size, root)
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			return err
		}
		for _, name := range []string{"checkpoint", fmt.Sprintf("checkpoint.%d", size)} {
			if err := put(folder, name, signed); err != nil {
				return err
			}
		}
		before = size
	}
	fmt.Print(verifier)
	return nil
}

func main() {
	err := errors.New("interop check|flip|write …")
	switch a := os.Args[1:]; {
	case len(a) == 4 && a[0] == "check":
		err = check(a[1], a[2], a[3])
	case len(a) == 5 && a[0] == "flip":
		err = flip(a[1], a[2], a[3], a[4])
	case len(a) == 4 && a[0] == "write":
		err = write(a[1], a[2], a[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
