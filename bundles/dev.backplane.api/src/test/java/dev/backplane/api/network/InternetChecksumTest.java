package dev.backplane.api.network;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InternetChecksumTest {
    @Test
    void theExampleOfRfc1071() {
        byte[] bytes = HexFormat.of().parseHex("0001f203f4f5f6f7");
        assertEquals(0xddf2, InternetChecksum.sum(MemorySegment.ofArray(bytes), 0, 8, 0));
        assertEquals(0x220d, InternetChecksum.field(0xddf2));
    }

    @Test
    void anyStretchIsTheSumOfItsWords() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] bytes = new byte[70_000];
        for (int i = 0; i < 500; i++) {
            if (i % 10 == 0) {
                random.nextBytes(bytes);
            } else if (i % 10 == 5) {
                java.util.Arrays.fill(bytes, (byte) 0xff);
            }
            int offset = random.nextInt(20);
            int length = random.nextInt(i % 3 == 0 ? 65_536 : 40);
            int before = random.nextInt(0x10000);
            int expected = slow(bytes, offset, length, before);
            int found = InternetChecksum.sum(MemorySegment.ofArray(bytes), offset, length, before);
            // All ones and zero are the same number; the field tells which is meant only of nothing at all.
            assertEquals(expected % 0xffff, found % 0xffff, "seed " + seed);
        }
    }

    private static int slow(byte[] bytes, int offset, int length, int before) {
        int sum = before;
        for (int i = 0; i < length; i++) {
            int octet = bytes[offset + i] & 0xff;
            sum += (i & 1) == 0 ? octet << 8 : octet;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    @Test
    void theFieldOfATransportIsNeverZero() {
        assertEquals(0xffff, InternetChecksum.transportField(0xffff));
        assertEquals(0xfffe, InternetChecksum.transportField(1));
    }
}
