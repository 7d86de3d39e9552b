package io.openexec.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A ledger as files, for readers that nobody here wrote. */
final class LedgerDirectory {
  private static final long TIME = 1_679_315_147;

  private final Path directory;
  private final StoredTiles tiles = new StoredTiles();
  private final List<byte[]> entries = new ArrayList<>();

  private LedgerDirectory(Path directory) {
    this.directory = directory;
  }

  /** Writes a ledger of that many entries, with an older checkpoint. */
  static void write(Path directory, int size, int older) throws IOException, NoteRefused {
    LedgerDirectory ledger = new LedgerDirectory(directory);
    ledger.grow(older);
    ledger.write("older", Notes.text(ledger.checkpoint()));
    ledger.grow(size);
    SignedNote checkpoint = ledger.checkpoint();
    NoteSignature cosignature = Notes.WITNESS.cosign(Notes.open(checkpoint), TIME);
    ledger.write("checkpoint", Notes.text(checkpoint.with(cosignature)));
    ledger.write("key", Notes.LOG.verifierKey().text());
    ledger.write("witness", Notes.WITNESS.verifierKey().text());
    ledger.writeTiles();
    ledger.writeProofs(older);
  }

  private void grow(int size) {
    List<NodeHash> leaves = new ArrayList<>();
    for (int i = entries.size(); i < size; i++) {
      byte[] entry = NaiveTree.data(i);
      entries.add(entry);
      leaves.add(Hashing.leaf(entry));
    }
    tiles.append(leaves);
  }

  private SignedNote checkpoint() {
    return Notes.LOG.sign(new Checkpoint(Notes.ORIGIN, tiles.head).text());
  }

  private void writeTiles() throws IOException {
    long size = tiles.head.size();
    for (StoredTiles.Place place : tiles.tiles.keySet()) {
      TileId id = TileId.in(size, place.level(), place.index());
      write(id, tiles.tiles.get(place).bytes());
      if (place.level() == 0) {
        int first = (int) place.index() * TilePath.FULL;
        List<byte[]> bundled = entries.subList(first, first + id.width());
        write(new BundleId(place.index(), id.width()), EntryBundle.encode(bundled));
      }
    }
  }

  private void writeProofs(int older) throws IOException {
    TiledTree tree = new TiledTree(tiles, tiles.head.size());
    StringBuilder inclusion = new StringBuilder();
    for (int index = 0; index < entries.size(); index++) {
      inclusion.append(json("index", index, tree.inclusion(index).hashes()));
    }
    write("inclusion", inclusion.toString());
    write("consistency", json("old_size", older, tree.consistency(older).hashes()));
  }

  private String json(String name, int value, List<NodeHash> hashes) {
    return hashes.stream()
        .map(NodeHash::base64)
        .collect(
            Collectors.joining(
                "\",\"",
                "{\"%s\":%d,\"tree_size\":%d,\"hashes\":[\""
                    .formatted(name, value, tiles.head.size()),
                "\"]}\n"))
        .replace("[\"\"]", "[]");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }

  private void write(TilePath path, byte[] content) throws IOException {
    Path file = directory.resolve(path.path());
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }
}
