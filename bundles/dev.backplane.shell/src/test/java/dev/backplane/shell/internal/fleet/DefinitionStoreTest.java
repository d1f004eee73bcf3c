package dev.backplane.shell.internal.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.VmSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefinitionStoreTest {
    @TempDir
    Path folder;

    private final List<String> unreadable = new ArrayList<>();

    private static Definition definition(String text, boolean autostart) {
        return new Definition(
                new VmSource("a\\b\nc.yaml", text, Path.of("/some \n where"), Map.of("cpu.type", "soft", "x", "\\n")),
                autostart,
                autostart ? List.of(Path.of("/made/a.overlay"), Path.of("/made/a\n.base")) : List.of());
    }

    private Map<String, Definition> load() throws IOException {
        return new DefinitionStore(folder)
                .load((file, e) -> unreadable.add(file.getFileName() + ": " + e.getMessage()));
    }

    @Test
    void whatIsKeptComesBackAsItWas() throws IOException {
        DefinitionStore store = new DefinitionStore(folder);
        Definition one = definition("name: a\n# ---\nmemory: 1GiB", true);
        Definition two = definition("", false);
        store.save("a", one);
        store.save("b", definition("other", true));
        store.save("b", two);
        assertEquals(Map.of("a", one, "b", two), load());
        store.delete("a");
        store.delete("a");
        assertEquals(Map.of("b", two), load());
    }

    @Test
    void theVmFileStandsInItAsItIs() throws IOException {
        new DefinitionStore(folder).save("a", definition("name: a\nmemory: 1GiB\n", true));
        assertTrue(Files.readString(folder.resolve("a.vm")).endsWith("\n# ---\nname: a\nmemory: 1GiB\n"));
    }

    @Test
    void aFileThatWasBeingWrittenIsNoDefinition() throws IOException {
        new DefinitionStore(folder).save("a", definition("old", false));
        Files.writeString(folder.resolve("a.vm.new"), "# backplane def");
        assertEquals(Map.of("a", definition("old", false)), load());
        assertFalse(Files.exists(folder.resolve("a.vm.new")));
    }

    @Test
    void whatCannotBeReadIsToldAndStays() throws IOException {
        Files.writeString(folder.resolve("a.vm"), "name: a\n");
        Files.write(folder.resolve("b.vm"), new byte[] {(byte) 0xff, 0});
        Files.writeString(folder.resolve("c.vm"), "# backplane definition 1\nwhat\n# ---\n");
        assertEquals(Map.of(), load());
        assertEquals(3, unreadable.size(), unreadable.toString());
        assertTrue(unreadable.toString().contains("a.vm: not a definition"), unreadable.toString());
        assertTrue(unreadable.toString().contains("c.vm: the line \"what\""), unreadable.toString());
        assertTrue(Files.exists(folder.resolve("b.vm")));
    }

    @Test
    void everyPieceOfADefinitionButTheWholeIsRefusedOrShorter() throws IOException {
        String whole = definition("name: a\n", true).text();
        int head = whole.indexOf("# ---\n") + 6;
        for (int length = 0; length < head; length++) {
            String piece = whole.substring(0, length);
            assertThrows(IOException.class, () -> Definition.of(piece), piece);
        }
    }
}
