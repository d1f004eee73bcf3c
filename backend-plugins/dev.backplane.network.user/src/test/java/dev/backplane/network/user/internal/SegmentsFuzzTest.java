package dev.backplane.network.user.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * TCP between a hostile guest and a host that does anything at any time: what is sent is sound, bounds hold, what the host gets are
 * bytes that the guest sent at these places, and in the end nothing is left. Runs over its corpus in a normal build; {@code
 * JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more.
 */
class SegmentsFuzzTest {
    private static final int LIVES = Integer.getInteger("backplane.network.lives", 500);

    @FuzzTest(maxDuration = "60s")
    void whateverComesBoundsHold(byte[] input) {
        ByteBuffer script = ByteBuffer.wrap(input);
        TcpRig rig = new TcpRig();
        boolean open = script.hasRemaining() && (script.get(0) & 0x80) != 0;
        if (open) {
            rig.establish();
        }
        int begin = rig.seq;
        FakeStream first = rig.stream;
        while (script.remaining() >= 6) {
            step(rig, script);
            check(rig);
        }
        if (open) {
            byte[] written = first.written.toByteArray();
            for (int i = 0; i < written.length; i++) {
                assertEquals(at(begin + i), written[i], "byte " + i + " of what the host got");
            }
        }
        rig.tcp.close();
        assertEquals(0, rig.tcp.rings().used());
        assertEquals(0, rig.tcp.connections().size());
    }

    private static void step(TcpRig rig, ByteBuffer script) {
        int what = script.get() & 0x0f;
        int value = script.getShort() & 0xffff;
        int offset = script.get();
        int flags = script.get() & 0x1f;
        int scale = script.get() & 0xff;
        switch (what) {
            case 0 -> rig.stream.take(value);
            case 1 -> rig.stream.room = 0;
            case 2 -> rig.stream.supply(new byte[value]);
            case 3 -> rig.stream.finish();
            case 4 -> {
                if (scale < 16) {
                    rig.stream.breakOff();
                }
            }
            case 5 -> rig.pass(Duration.ofMillis(value));
            case 6 -> rig.room = value % 4 == 0 ? Integer.MAX_VALUE : value % 4;
            case 7 -> {
                if (rig.stream.owner != null) {
                    rig.stream.owner.connected();
                }
            }
            case 8 -> {
                int port = 1000 + scale;
                rig.give(Wires.tcp(Wires.GUEST, Wires.GATEWAY, port, 80, value, scale, flags, value, new byte[flags]));
            }
            case 9 -> rig.writable();
            default -> {
                int seq = rig.seq + offset * scale;
                int ack = (what & 1) == 0 ? rig.ack : rig.ack + offset;
                rig.give(rig.segment(seq, ack, what < 14 ? Wires.ACK : flags, value, data(seq, value % 3000)));
            }
        }
        rig.flush();
    }

    /** What the guest has at a place of its sequence, always the same. */
    private static byte at(int seq) {
        return (byte) (seq * 31 >>> 3);
    }

    private static byte[] data(int seq, int length) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = at(seq + i);
        }
        return data;
    }

    private static void check(TcpRig rig) {
        assertTrue(rig.tcp.connections().size() <= TcpRig.MOST);
        assertTrue(rig.tcp.rings().used() <= 2 * rig.tcp.connections().size());
        for (Seen each : rig.seen) {
            if (each.is(6) && each.to() == TcpRig.GUEST_PORT) {
                // A guest that acknowledges what it gets in order, so that things go on.
                if (each.seq() == rig.ack) {
                    rig.ack += each.data().length + (each.has(Wires.FIN) ? 1 : 0);
                }
                rig.seq = each.has(Wires.ACK) && each.ack() - rig.seq > 0 && each.ack() - rig.seq < 1 << 20
                        ? each.ack()
                        : rig.seq;
            }
        }
        assertTrue(rig.seen.size() < 100, () -> rig.seen.size() + " segments in answer to one");
        rig.seen.clear();
    }

    @Test
    void randomLivesEndWithNothingLeft() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < LIVES; i++) {
            byte[] script = new byte[6 * (1 + random.nextInt(100))];
            random.nextBytes(script);
            script[0] |= (byte) 0x80;
            try {
                whateverComesBoundsHold(script);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + ", script " + java.util.HexFormat.of().formatHex(script), e);
            }
        }
    }
}
