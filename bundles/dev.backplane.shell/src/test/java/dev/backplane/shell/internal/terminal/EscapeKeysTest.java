package dev.backplane.shell.internal.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapeKeysTest {
    private final StringBuilder seen = new StringBuilder();
    private final EscapeKeys keys = new EscapeKeys(new EscapeKeys.Handler() {
        @Override
        public void typed(byte[] bytes, int offset, int length) {
            seen.append(new String(bytes, offset, length, StandardCharsets.ISO_8859_1));
        }

        @Override
        public void quit() {
            seen.append("<quit>");
        }

        @Override
        public void next() {
            seen.append("<next>");
        }

        @Override
        public void help() {
            seen.append("<help>");
        }
    });

    @ParameterizedTest
    @CsvSource({
        "ls, ls",
        "^x, <quit>",
        "^c, <next>",
        "^h, <help>",
        "^?, <help>",
        "ab^cde, ab<next>de",
        "^^, ^",
        "^a, ^",
        "^^x, ^x",
        "^z1, 1",
        "^, ''",
        "^^^^c, ^^c",
        "^^^c, ^<next>",
    })
    void keysAreFoundWhereverTheInputIsCut(String typed, String expected) {
        // A caret stands for Ctrl-A.
        byte[] bytes = typed.replace('^', '\1').getBytes(StandardCharsets.ISO_8859_1);
        for (int seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            seen.setLength(0);
            int position = 0;
            while (position < bytes.length) {
                int piece = 1 + random.nextInt(bytes.length - position);
                keys.accept(bytes, position, piece);
                position += piece;
            }
            assertEquals(expected, seen.toString().replace('\1', '^'), "seed " + seed);
            if (typed.equals("^")) {
                keys.accept(new byte[] {'z'}, 0, 1);
            }
        }
    }

    @Test
    void everyOtherByteIsPassedOn() {
        byte[] all = new byte[255];
        StringBuilder expected = new StringBuilder();
        for (int i = 0, value = 0; value < 256; value++) {
            if (value != 1) {
                all[i++] = (byte) value;
                expected.append((char) value);
            }
        }
        keys.accept(all, 0, all.length);
        assertEquals(expected.toString(), seen.toString());
    }
}
