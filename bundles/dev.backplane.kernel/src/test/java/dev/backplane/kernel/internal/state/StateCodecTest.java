package dev.backplane.kernel.internal.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StateCodecTest {
    /** A mode. */
    enum Mode {
        IDLE,
        BUSY
    }

    /** A nested record. */
    record Entry(int number, Optional<String> name) {}

    /** Everything that a state may hold. */
    @StateVersion(schema = "sample", writes = 1, reads = 1)
    record Sample(
            boolean flag,
            int small,
            long large,
            String text,
            Mode mode,
            byte[] bytes,
            long[] words,
            Entry entry,
            List<Entry> entries,
            List<Long> numbers,
            Optional<Entry> perhaps) {}

    /** The first generation of a state. */
    @StateVersion(schema = "counter", writes = 1, reads = 1)
    record CounterV1(long count) {}

    /** The second: it also has a step. */
    @StateVersion(
            schema = "counter",
            writes = 2,
            reads = {1, 2})
    record CounterV2(long count, int step) {
        public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
            return Map.of("count", fields.get("count"), "step", (long) version);
        }
    }

    /** A state that claims to read what it cannot. */
    @StateVersion(
            schema = "counter",
            writes = 3,
            reads = {2, 3})
    record CounterV3(long count) {}

    /** No plain data. */
    @StateVersion(schema = "thread", writes = 1, reads = 1)
    record Unplain(Thread thread) {}

    private static StateCodec codec(Class<? extends Record> type) {
        return new StateCodec(type, "test.plugin 1.0.0");
    }

    @Test
    void randomStatesComeBackEqual() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        StateCodec codec = codec(Sample.class);
        for (int round = 0; round < 300; round++) {
            Sample sample = sample(random);
            Sample back = (Sample) codec.decode(codec.encode(sample));
            String message = "seed " + seed + ", round " + round;
            assertArrayEquals(sample.bytes(), back.bytes(), message);
            assertArrayEquals(sample.words(), back.words(), message);
            assertEquals(plain(sample), plain(back), message);
        }
    }

    private static Sample plain(Sample s) {
        return new Sample(
                s.flag(),
                s.small(),
                s.large(),
                s.text(),
                s.mode(),
                EMPTY,
                WORDS,
                s.entry(),
                s.entries(),
                s.numbers(),
                s.perhaps());
    }

    private static final byte[] EMPTY = {};
    private static final long[] WORDS = {};

    private static Sample sample(Random random) {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        List<Entry> entries = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            entries.add(entry(random));
        }
        return new Sample(
                random.nextBoolean(),
                random.nextInt(),
                random.nextLong(),
                text(random),
                Mode.values()[random.nextInt(2)],
                bytes,
                random.longs(random.nextInt(10)).toArray(),
                entry(random),
                entries,
                random.longs(random.nextInt(5)).boxed().toList(),
                random.nextBoolean() ? Optional.of(entry(random)) : Optional.empty());
    }

    private static Entry entry(Random random) {
        return new Entry(random.nextInt(), random.nextBoolean() ? Optional.of(text(random)) : Optional.empty());
    }

    private static String text(Random random) {
        return random.ints(random.nextInt(20), 1, 0xd000)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Test
    void anOlderVersionIsUpgraded() throws Exception {
        EncodedState old = codec(CounterV1.class).encode(new CounterV1(7));
        assertEquals(new CounterV2(7, 1), codec(CounterV2.class).decode(old));
    }

    @Test
    void aNewerVersionIsRefusedWithASentenceThatNamesBoth() {
        EncodedState newer = new StateCodec(CounterV2.class, "counter 2.0.0").encode(new CounterV2(7, 1));
        StateException e = assertThrows(
                StateException.class, () -> new StateCodec(CounterV1.class, "counter 1.0.0").decode(newer));
        assertEquals(
                "counter 2.0.0 wrote version 2 of state counter: counter 1.0.0 reads only version 1: install a version of the plugin that reads 2",
                e.getMessage());
    }

    @Test
    void anUpgradeThatIsNotThereIsNamed() {
        EncodedState old = codec(CounterV2.class).encode(new CounterV2(7, 1));
        StateException e =
                assertThrows(StateException.class, () -> codec(CounterV3.class).decode(old));
        assertTrue(e.getMessage().contains("has no method \"static Map<String, Object> upgrade("), e.getMessage());
    }

    @Test
    void anotherSchemaIsRefused() {
        EncodedState other = codec(CounterV1.class).encode(new CounterV1(7));
        StateException e =
                assertThrows(StateException.class, () -> codec(Sample.class).decode(other));
        assertEquals(
                "test.plugin 1.0.0 wrote a state of schema counter: test.plugin 1.0.0 reads schema sample",
                e.getMessage());
    }

    @Test
    void aStateThatIsNoPlainDataIsRefusedWithItsField() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> codec(Unplain.class));
        assertTrue(e.getMessage().startsWith("Unplain.thread: java.lang.Thread is no plain data"), e.getMessage());
    }

    @Test
    void aWrongFieldIsNamed() {
        byte[] cbor = PlainTree.cbor().write(Map.of("count", "many", "step", 1L));
        StateException e = assertThrows(
                StateException.class, () -> codec(CounterV2.class).decode(new EncodedState("counter", 2, "x", cbor)));
        assertEquals("counter.count: of the wrong type (String): expected an integer", e.getMessage());
        byte[] extra = PlainTree.cbor().write(Map.of("count", 1L, "step", 1L << 40));
        e = assertThrows(
                StateException.class, () -> codec(CounterV2.class).decode(new EncodedState("counter", 2, "x", extra)));
        assertEquals("counter.step: 1099511627776 does not fit an int", e.getMessage());
    }

    @Test
    void damagedBytesAreRefusedAndNothingElseHappens() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        StateCodec codec = codec(Sample.class);
        for (int round = 0; round < 2000; round++) {
            byte[] cbor = codec.encode(sample(random)).cbor();
            for (int i = random.nextInt(3); i >= 0; i--) {
                cbor[random.nextInt(cbor.length)] = (byte) random.nextInt();
            }
            byte[] cut = Arrays.copyOf(cbor, random.nextInt(cbor.length) + 1);
            for (byte[] damaged : List.of(cbor, cut)) {
                try {
                    codec.decode(new EncodedState("sample", 1, "x", damaged));
                } catch (StateException e) {
                    assertTrue(!e.getMessage().isBlank(), "seed " + seed);
                } catch (RuntimeException | Error e) {
                    throw new AssertionError("seed " + seed + ", round " + round, e);
                }
            }
        }
    }
}
