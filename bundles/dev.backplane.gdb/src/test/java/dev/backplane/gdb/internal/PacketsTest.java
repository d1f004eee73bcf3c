package dev.backplane.gdb.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The packet layer (gdb manual, E.1). */
class PacketsTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private Packets packets(String input) {
        return new Packets(new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)), out);
    }

    private String sent() {
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void packetIsAcknowledgedAndItsDataRead() throws IOException {
        assertEquals("qC", packets("+$qC#b4").read());
        assertEquals("+", sent());
    }

    @Test
    void packetWithWrongChecksumIsAskedForAgain() throws IOException {
        assertEquals("qC", packets("$qC#b5$qC#b4").read());
        assertEquals("-+", sent());
    }

    @Test
    void escapedBytesAreUnescapedInBothDirections() throws IOException {
        Packets packets = packets("$X}\u0003}]#%02x".formatted('X' + '}' + 3 + '}' + ']' & 0xff));
        assertEquals("X#}", packets.read());
        packets.write("a#}$*b");
        assertEquals("+$a}\u0003}]}\u0004}\nb#%02x".formatted('a' + 4 * '}' + 3 + ']' + 4 + 10 + 'b' & 0xff), sent());
    }

    @Test
    void interruptStandsByItself() throws IOException {
        Packets packets = packets("\u0003$g#67");
        assertEquals(Packets.INTERRUPT, packets.read());
        assertEquals("g", packets.read());
    }

    @Test
    void nothingIsAcknowledgedAfterBothAgreed() throws IOException {
        Packets packets = packets("$g#67");
        packets.withoutAcknowledgement();
        assertEquals("g", packets.read());
        assertEquals("", sent());
    }

    @Test
    void packetWithoutEndIsRefusedAtItsBound() {
        assertThrows(
                IOException.class,
                () -> packets("$" + "a".repeat(Packets.MAX_BYTES + 1)).read());
        assertThrows(EOFException.class, () -> packets("$abc").read());
        assertThrows(IOException.class, () -> packets("$abc#zz").read());
    }
}
