package dev.backplane.network.vswitch.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.testkit.NetworkBench;
import dev.backplane.testkit.NetworkContract;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests with the same hardware address on one switch. */
class AliasTest extends NetworkContract<SwitchOptions, SwitchState> {
    private static final String SAME = "525400123456";
    private static final String FIRST = "020000000001";
    private static final String SECOND = "020000000002";
    private static final String ALL = "ffffffffffff";

    private final SwitchNetwork network = new SwitchNetwork();
    private final NetworkBench<SwitchOptions, SwitchState> other = plug("02:00:00:00:00:02");

    private static SwitchOptions options(String address) {
        return new SwitchOptions("lan", 1500, 1 << 20, Optional.empty(), Optional.of(address));
    }

    private NetworkBench<SwitchOptions, SwitchState> plug(String address) {
        return NetworkBench.plug(network, options(address));
    }

    @AfterEach
    void unplug() {
        other.close();
    }

    @Override
    protected NetworkBackend<SwitchOptions, SwitchState> backend() {
        return network;
    }

    @Override
    protected SwitchOptions options() {
        return options("02:00:00:00:00:01");
    }

    @Override
    protected void exchange(NetworkBench<SwitchOptions, SwitchState> bench, Random random) {
        Frame rest = new Frame();
        while (other.receive(rest)) {
            // What is left of the exchange before.
        }
        for (int i = 0; i < 20; i++) {
            String payload = "88b5" + HexFormat.of().toHexDigits(random.nextLong());
            bench.sendAll(bytes(ALL + SAME + payload));
            assertReceived(ALL + FIRST + payload, other);
            other.sendAll(bytes(FIRST + SAME + payload));
            assertReceived(SAME + SECOND + payload, bench);
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static void assertReceived(String expected, NetworkBench<?, ?> at) {
        assertEquals(expected, HexFormat.of().formatHex(at.receiveNext()));
    }

    /** RFC 826: a question to all, and the answer to the one who asked. */
    @Test
    void guestsFindEachOtherByArp() {
        try (var bench = plug("02:00:00:00:00:01")) {
            String start = "080600010800" + "0604";
            bench.sendAll(bytes(ALL + SAME + start + "0001" + SAME + "0a000001" + "000000000000" + "0a000002"));
            assertReceived(ALL + FIRST + start + "0001" + FIRST + "0a000001" + "000000000000" + "0a000002", other);
            other.sendAll(bytes(FIRST + SAME + start + "0002" + SAME + "0a000002" + FIRST + "0a000001"));
            assertReceived(SAME + SECOND + start + "0002" + SECOND + "0a000002" + SAME + "0a000001", bench);
        }
    }

    /** RFC 4861, 4.1 to 4.5: the option stands behind a fixed part of each message; the checksum is right again. */
    @ParameterizedTest
    @ValueSource(ints = {133, 134, 135, 136, 137})
    void neighbourMessagesOfIpv6NameTheOtherAddress(int type) {
        int fixed = new int[] {8, 16, 24, 24, 40}[type - 133];
        byte[] sent = neighbour(type, fixed, SAME, SAME);
        byte[] expected = neighbour(type, fixed, FIRST, FIRST);
        try (var bench = plug("02:00:00:00:00:01")) {
            bench.sendAll(sent);
            assertArrayEquals(expected, other.receiveNext());
        }
    }

    private static byte[] neighbour(int type, int fixed, String source, String option) {
        int length = fixed + 16;
        ByteBuffer frame = ByteBuffer.allocate(54 + length);
        frame.put(bytes("333300000001" + source + "86dd60000000"));
        frame.putShort((short) length).put((byte) 58).put((byte) 255);
        for (int i = 0; i < 32; i++) {
            frame.put((byte) (0xfe + 7 * i));
        }
        frame.put((byte) type);
        frame.position(54 + fixed);
        frame.put(bytes("0e01aabbccddeeff")).put(bytes("0101" + option));
        int sum = length + 58;
        for (int at = 22; at < frame.capacity(); at += 2) {
            sum += frame.getShort(at) & 0xffff;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return frame.putShort(56, (short) ~sum).array();
    }

    @Test
    void framesOfEveryLengthAndContentPass() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        Random random = new Random(seed);
        Alias alias = new Alias(0x0200_0000_0001L);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(100)];
            random.nextBytes(bytes);
            if (bytes.length > 56 && random.nextBoolean()) {
                ByteBuffer.wrap(bytes)
                        .putShort(12, (short) 0x86dd)
                        .put(20, (byte) 58)
                        .put(54, (byte) (133 + random.nextInt(5)));
            }
            Frame frame = new Frame(java.lang.foreign.Arena.ofAuto().allocate(Math.max(1, bytes.length)));
            frame.set(bytes);
            alias.outwards(frame);
            alias.inwards(frame);
            assertEquals(bytes.length, frame.length(), "seed " + seed);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "52:54:00:12:34", "52-54-00-12-34-56", "01:00:5e:00:00:01", "00:00:00:00:00:00"})
    void whatIsNoCardsAddressIsRefused(String address) {
        assertThrows(ConfigurationException.class, () -> Alias.parse(address));
    }
}
