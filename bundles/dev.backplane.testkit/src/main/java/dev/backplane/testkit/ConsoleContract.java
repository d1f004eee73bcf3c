package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleBackend;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every far end of a console promises. Extend it in a backend's own tests and say how to stand at the other side.
 *
 * @param <O> the backend's options
 * @param <S> its state
 */
@Timeout(120)
public abstract class ConsoleContract<O extends Record, S extends Record> {
    private static final int CYCLES = 100;
    private static final int BYTES = 200_000;
    private static final int INPUT_BYTES = 50_000;
    private static final int SWAPS = 20;

    /** The other side of a console: who sits at the terminal, or reads the file. */
    public interface FarEnd extends AutoCloseable {
        /**
         * Waits for bytes of the guest.
         *
         * @param count how many
         * @return the next ones
         * @throws Exception when they do not come
         */
        byte[] receive(int count) throws Exception;

        /**
         * Types.
         *
         * @param bytes what to type
         * @throws Exception when the console is gone
         */
        void send(byte[] bytes) throws Exception;

        @Override
        void close() throws IOException;
    }

    /**
     * The backend under test.
     *
     * @return stateless, but for what it finds on the host
     */
    protected abstract ConsoleBackend<O, S> backend();

    /**
     * The options to test with.
     *
     * @return options that the backend takes
     */
    protected abstract O options();

    /**
     * Stands at the other side of a console that runs.
     *
     * @return the other side
     * @throws Exception when it cannot be reached
     */
    protected abstract FarEnd farEnd() throws Exception;

    /**
     * Whether anything can arrive from the other side.
     *
     * @return true unless overridden
     */
    protected boolean takesInput() {
        return true;
    }

    @Test
    final void outputArrivesOnceAndInOrderWhateverIsReplaced() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] sent = new byte[BYTES];
        random.nextBytes(sent);
        try (ConsoleBench<O, S> bench = ConsoleBench.plug(backend(), options());
                FarEnd end = farEnd()) {
            var received = received(end, sent.length);
            int from = 0;
            for (int swap = 1; swap <= SWAPS; swap++) {
                int to = swap == SWAPS ? BYTES : from + random.nextInt((BYTES - from) / 4 + 1);
                bench.writeAll(Arrays.copyOfRange(sent, from, to));
                from = to;
                if (random.nextBoolean()) {
                    bench.swap();
                } else {
                    bench.swapAndRollBack();
                }
            }
            assertArrayEquals(sent, received.get(), () -> "seed " + seed);
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    final void inputArrivesOnceAndInOrderWhateverIsReplaced() throws Exception {
        if (!takesInput()) {
            return;
        }
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] typed = new byte[INPUT_BYTES];
        random.nextBytes(typed);
        try (ConsoleBench<O, S> bench = ConsoleBench.plug(backend(), options());
                FarEnd end = farEnd()) {
            Thread typist = Thread.ofPlatform().daemon().start(() -> send(end, typed));
            int from = 0;
            for (int swap = 1; swap <= SWAPS; swap++) {
                int count = swap == SWAPS ? INPUT_BYTES - from : random.nextInt((INPUT_BYTES - from) / 4 + 1);
                byte[] expected = Arrays.copyOfRange(typed, from, from + count);
                assertArrayEquals(expected, bench.readAll(count), () -> "seed " + seed);
                from += count;
                if (random.nextBoolean()) {
                    bench.swap();
                } else {
                    bench.swapAndRollBack();
                }
            }
            typist.join();
        }
    }

    @Test
    final void whatWasWrittenBeforeTheEndArrives() throws Exception {
        byte[] words = "the guest's last words\r\n".getBytes(StandardCharsets.US_ASCII);
        ConsoleBench<O, S> bench = ConsoleBench.plug(backend(), options());
        try (FarEnd end = farEnd()) {
            bench.writeAll(words);
            bench.close();
            assertArrayEquals(words, end.receive(words.length));
        }
    }

    @Test
    final void itsStateDeclaresItsVersionAndReadsWhatItWrites() {
        try (ConsoleBench<O, S> bench = ConsoleBench.plug(backend(), options())) {
            Promises.stateIsVersioned(bench.swap());
        }
    }

    @Test
    final void aHundredLivesLeaveNothingBehind() throws Exception {
        try (ConsoleBench<O, S> warm = ConsoleBench.plug(backend(), options())) {
            warm.swap();
        }
        long before = Promises.descriptors();
        for (int i = 0; i < CYCLES; i++) {
            ConsoleBench<O, S> bench = ConsoleBench.plug(backend(), options());
            bench.writeAll(new byte[] {1, 2, 3});
            bench.swap();
            bench.close();
            assertTrue(bench.tasksEnd(), "a task of the part still runs after life " + i);
        }
        assertEquals(before, Promises.descriptors(), "open descriptors");
    }

    private static FutureTask<byte[]> received(FarEnd end, int count) {
        var task = new FutureTask<>(() -> end.receive(count));
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private static void send(FarEnd end, byte[] typed) {
        try {
            end.send(typed);
        } catch (Exception e) {
            throw new AssertionError("the far end cannot type", e);
        }
    }
}
