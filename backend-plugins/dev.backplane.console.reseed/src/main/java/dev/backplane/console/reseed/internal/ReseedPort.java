package dev.backplane.console.reseed.internal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.Resumption.Cause;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * Lines in both directions. The guest greets when it listens ({@value #GREETING}). When it has become another machine it is told {@code seed}
 * with random bytes in Base64, {@code time} with seconds since 1970, and {@code go} with a word; where nobody listens yet, after the greeting.
 * It says {@code D} and that word when all is done: another machine that was copied in the midst of this was told another word.
 */
final class ReseedPort implements ConsolePort<ReseedState> {
    static final int QUEUE_BYTES = 1024;
    static final int LINE_BYTES = 32;

    private static final String GREETING = "G 1";
    private static final String DONE = "D ";
    /** Twice what the key of Linux' generator has (random(4)). */
    private static final int SEED_BYTES = 64;

    private final ConsoleContext context;
    private final ByteQueue unread = new ByteQueue(QUEUE_BYTES);
    private final byte[] line = new byte[LINE_BYTES];
    private int length;
    private boolean there;
    private boolean due;
    private String word = "";

    ReseedPort(ConsoleContext context) {
        this.context = context;
    }

    synchronized void restore(ReseedState state) {
        there = state.there();
        due = state.due();
        word = state.word();
        length = state.heard().length;
        System.arraycopy(state.heard(), 0, line, 0, length);
        unread.offer(state.unread(), 0, state.unread().length);
    }

    @Override
    public synchronized boolean write(byte value) {
        if (value == '\n') {
            heard(new String(line, 0, length, StandardCharsets.US_ASCII));
            length = 0;
        } else if (length < LINE_BYTES) {
            line[length++] = value;
        }
        return true;
    }

    private void heard(String words) {
        if (words.equals(GREETING)) {
            there = true;
            tell();
        } else if (due && !word.isEmpty() && words.equals(DONE + word)) {
            due = false;
            word = "";
            context.guestRenewed();
        }
    }

    @Override
    public int read() {
        return unread.poll();
    }

    /** What an earlier life was to hear and has not is nothing for this one: others have it too. */
    private void tell() {
        if (!due || !there) {
            return;
        }
        unread.remove(unread.size());
        RandomGenerator random = context.random();
        byte[] seed = new byte[SEED_BYTES];
        random.nextBytes(seed);
        word = "%016x".formatted(random.nextLong());
        byte[] words = "\nseed %s\ntime %d\ngo %s\n"
                .formatted(
                        Base64.getEncoder().encodeToString(seed), Instant.now().getEpochSecond(), word)
                .getBytes(StandardCharsets.US_ASCII);
        unread.offer(words, 0, words.length);
        context.readable();
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is ever in flight.
    }

    @Override
    public synchronized ReseedState save() {
        return new ReseedState(there, due, word, Arrays.copyOf(line, length), unread.toByteArray());
    }

    @Override
    public synchronized void resume(Resumption why) {
        if (why.cause() == Cause.CLONE || why.cause() == Cause.SNAPSHOT) {
            due = true;
            word = "";
            tell();
        }
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
