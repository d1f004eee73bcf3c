package dev.backplane.network.user.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Frames of a hostile guest: whatever they are, what is answered is sound, tables keep their bounds, nothing is thrown. Runs over its
 * corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. The guest is
 * restricted, so that nothing leaves the host; what TCP does is in {@link SegmentsFuzzTest}.
 */
class FramesFuzzTest {
    private static final int MUTATIONS = Integer.getInteger("backplane.network.mutations", 100_000);
    private static final int MOST_ANSWERS = 64;

    /** Frames, each behind its length. */
    @FuzzTest(maxDuration = "60s")
    void framesAreAnsweredSoundlyOrNotAtAll(byte[] input) {
        try (Rig rig = restricted()) {
            ByteBuffer frames = ByteBuffer.wrap(input);
            while (frames.remaining() > 2) {
                int length = Math.min(frames.getShort() & 0xffff, frames.remaining());
                byte[] frame = new byte[length];
                frames.get(frame);
                check(rig, frame);
            }
        }
    }

    private static Rig restricted() {
        return new Rig(Rig.options(true, true, 1500, java.util.List.of()));
    }

    private static void check(Rig rig, byte[] frame) {
        rig.give(frame);
        assertTrue(rig.seen.size() <= MOST_ANSWERS, () -> rig.seen.size() + " answers to one frame");
        rig.seen.clear();
        assertTrue(rig.stack.flows() == 0);
    }

    @Test
    void framesThatWereSoundBeforeAFewBitsChangedDoNoHarm() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[][] seeds = Corpus.frames();
        try (Rig rig = restricted()) {
            for (int i = 0; i < MUTATIONS; i++) {
                byte[] frame = seeds[random.nextInt(seeds.length)].clone();
                for (int j = random.nextInt(4); j > 0; j--) {
                    frame[random.nextInt(frame.length)] = (byte) random.nextInt();
                }
                if (random.nextInt(4) == 0) {
                    frame = Arrays.copyOf(frame, random.nextInt(frame.length + 100));
                }
                // With checksums that are right more is reached.
                if (random.nextBoolean() && frame.length >= 34 && frame[12] == 8 && frame[13] == 0) {
                    byte[] packet = Wires.fix4(Arrays.copyOfRange(frame, 14, frame.length));
                    System.arraycopy(packet, 0, frame, 14, packet.length);
                }
                check(rig, frame);
                if (random.nextInt(1000) == 0) {
                    rig.pass(Duration.ofSeconds(random.nextInt(60)));
                    rig.seen.clear();
                }
            }
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }
}
