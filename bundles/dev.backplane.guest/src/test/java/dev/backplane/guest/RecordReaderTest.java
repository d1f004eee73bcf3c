package dev.backplane.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordReaderTest {
    private final Collected collected = new Collected();
    private final RecordReader reader = new RecordReader(collected);

    @RepeatedTest(50)
    void randomRecordsInRandomPiecesComeOutWhole(RepetitionInfo repetition) throws Exception {
        long seed = 1000 + repetition.getCurrentRepetition();
        Random random = new Random(seed);
        ByteArrayOutputStream port = new ByteArrayOutputStream();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        port.writeBytes(bytes("H 1\n"));
        int records = random.nextInt(40);
        for (int i = 0; i < records; i++) {
            byte[] content = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(5000)];
            random.nextBytes(content);
            boolean error = random.nextBoolean();
            port.writeBytes(bytes((error ? "E " : "O ") + content.length + "\n"));
            port.writeBytes(content);
            (error ? err : out).writeBytes(content);
        }
        int status = random.nextInt(256);
        port.writeBytes(bytes("S " + status + "\n"));
        byte[] sent = port.toByteArray();
        int position = 0;
        while (position < sent.length) {
            assertNull(reader.status(), "seed " + seed);
            int piece = Math.min(sent.length - position, 1 + random.nextInt(random.nextBoolean() ? 3 : 3000));
            reader.accept(sent, position, piece);
            position += piece;
        }
        assertArrayEquals(out.toByteArray(), collected.out.toByteArray(), "seed " + seed);
        assertArrayEquals(err.toByteArray(), collected.err.toByteArray(), "seed " + seed);
        assertEquals(status, reader.status(), "seed " + seed);
    }

    @Test
    void bytesAreHandedOnBeforeTheirRecordIsComplete() throws Exception {
        accept("H 1\nO 100\nabc");
        assertEquals("abc", collected.out.toString(StandardCharsets.US_ASCII));
        assertNull(reader.status());
    }

    @Test
    void greetingMarksTheStart() throws Exception {
        accept("H 1");
        assertFalse(reader.started());
        accept("\n");
        assertTrue(reader.started());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "O 3\nabc", // no greeting
                "H 2\n", // another version
                "H 1\nH 1\n",
                "H 1\nX 3\n",
                "H 1\nO 2147483648\n",
                "H 1\nO 99999999999\n",
                "H 1\nO -1\n",
                "H 1\nO \n",
                "H 1\nO3\n",
                "H 1\n\n",
                "H 1\nS 256\n",
                "H 1\nS 0\nO 1\n",
                "[    0.000000] Linux version 6.1.0",
            })
    void whatIsNoRecordIsRefused(String sent) {
        assertThrows(MalformedRecordException.class, () -> accept(sent));
    }

    @Test
    void refusalShowsWhatWasSentWithoutControlCharacters() {
        var refused = assertThrows(MalformedRecordException.class, () -> accept("H 1\n\u001b[2J 3\n"));
        assertTrue(refused.getMessage().contains("'?[2J 3'"), refused.getMessage());
    }

    private void accept(String text) throws MalformedRecordException {
        reader.accept(bytes(text), 0, text.length());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static final class Collected implements RecordReader.Output {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();

        @Override
        public void standardOutput(byte[] bytes, int offset, int length) {
            out.write(bytes, offset, length);
        }

        @Override
        public void standardError(byte[] bytes, int offset, int length) {
            err.write(bytes, offset, length);
        }
    }
}
