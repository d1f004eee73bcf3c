package dev.backplane.cpu.bt.internal.host;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerfMapTest {
    @TempDir
    Path folder;

    @Test
    void piecesAreLinesAndALinkInTheWayIsNotFollowed() throws IOException {
        Path other = Files.writeString(folder.resolve("other"), "mine");
        Path file = Files.createSymbolicLink(folder.resolve("perf.map"), other);
        PerfMap map = new PerfMap(file).open().open();
        map.add(0x7f00_0000_1000L, 0x20, "guest:ffffffff81000000");
        assertEquals("7f0000001000 20 guest:ffffffff81000000\n", Files.readString(file));
        assertEquals("mine", Files.readString(other));
    }
}
