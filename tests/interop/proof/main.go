// Judges files of the form C2SP tlog-proof, and the witness's cosignature in them, with transparency-dev's software, and writes one
// for onecode to judge.
//
//	proof check FILE ENTRY VERIFIER WITNESS  does FILE prove that the log has the entry in the file ENTRY, and did the witness see it?
//	proof flip FILE ENTRY VERIFIER WITNESS   is FILE refused, with whatever bit of it another?
//	proof write FOLDER SEED INDEX SIZE       FOLDER/proof and FOLDER/entry; prints the log's verifier and the witness's
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What a proof comes to when it convinces, whatever its spelling.
type conviction struct{ said, signed string }

type judge struct {
	log, witness note.Verifier
	entry        []byte
}

func (j judge) convinced(data []byte) (conviction, error) {
	var p fproof.TLogProof
	if err := p.Unmarshal(data); err != nil {
		return conviction{}, err
	}
	head, _, opened, err := log.ParseCheckpoint(p.Checkpoint, j.log.Name(), j.log, j.witness)
	if err != nil {
		return conviction{}, err
	}
	if len(opened.Sigs) != 2 {
		return conviction{}, errors.New("no witness has signed")
	}
	var hashes [][]byte
	for _, h := range p.Hashes {
		hashes = append(hashes, h[:])
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, head.Size, rfc6962.DefaultHasher.HashLeaf(j.entry), hashes, head.Hash); err != nil {
		return conviction{}, err
	}
	c := conviction{said: fmt.Sprint(p.Index, p.Hashes, p.ExtraData, opened.Text)}
	for _, s := range opened.Sigs {
		raw, err := base64.StdEncoding.DecodeString(s.Base64)
		if err != nil {
			return conviction{}, err
		}
		c.signed += string(raw)
	}
	return c, nil
}

func check(file, entry, verifier, witness string, flip bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var j judge
	if j.entry, err = os.ReadFile(entry); err != nil {
		return err
	}
	if j.log, err = note.NewVerifier(verifier); err != nil {
		return err
	}
	if j.witness, err = fnote.NewVerifierForCosignatureV1(witness); err != nil {
		return err
	}
	good, err := j.convinced(data)
	if err != nil {
		return err
	}
	var p fproof.TLogProof
	if err := p.Unmarshal(data); err != nil {
		return err
	}
	if string(p.Marshal()) != string(data) {
		return errors.New("it would be written in another way")
	}
	for i := 0; flip && i < len(data); i++ {
		for bit := 0; bit < 8; bit++ {
			data[i] ^= 1 << bit
			// Another spelling in base64 of the same bytes is nothing else.
			if c, err := j.convinced(data); err == nil && c != good {
				return fmt.Errorf("it convinces with bit %d of byte %d flipped", bit, i)
			}
			data[i] ^= 1 << bit
		}
	}
	return nil
}

func write(folder, seed, indexText, sizeText string) error {
	number, err := strconv.ParseInt(seed, 10, 64)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(indexText, 10, 64)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(sizeText, 10, 64)
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
	private, witness, err := note.GenerateKey(random, "witness.example")
	if err != nil {
		return err
	}
	if witness, err = fnote.VKeyToCosignatureV1(witness); err != nil {
		return err
	}
	cosigner, err := fnote.NewSignerForCosignatureV1(private)
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
	entry := func(n int64) []byte { return []byte(strings.Repeat("e", int(n%5)) + strconv.FormatInt(n, 10)) }
	for n := int64(0); n < size; n++ {
		hashes, err := tlog.StoredHashes(n, entry(n), reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	text := log.Checkpoint{Origin: signer.Name(), Size: uint64(size), Hash: root[:]}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(text)}, signer, cosigner)
	if err != nil {
		return err
	}
	hashes, err := tlog.ProveRecord(size, index, reader)
	if err != nil {
		return err
	}
	p := fproof.TLogProof{Index: uint64(index), Checkpoint: signed, ExtraData: []byte("extra")}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h)
	}
	if err := os.WriteFile(filepath.Join(folder, "entry"), entry(index), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "proof"), p.Marshal(), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n", verifier, witness)
	return nil
}

func main() {
	err := errors.New("proof check|flip|write …")
	if a := os.Args[1:]; len(a) == 5 {
		switch a[0] {
		case "check", "flip":
			err = check(a[1], a[2], a[3], a[4], a[0] == "flip")
		case "write":
			err = write(a[1], a[2], a[3], a[4])
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
