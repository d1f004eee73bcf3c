package dev.backplane.testkit.image;

import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CheckableFormat;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The power is cut at any moment, within requests too: the image has no corruption, every byte that was flushed and not written since is
 * there, and it can be written on. {@code -Dbackplane.cuts=2000} cuts more often.
 *
 * @param <O> the layer's options
 * @param <S> its state
 */
@Timeout(3600)
public abstract class PowerCutContract<O extends Record, S extends Record> {
    private static final int CUTS = Integer.getInteger("backplane.cuts", 40);
    private static final int OPERATIONS = 60;

    /**
     * An image that is to be written.
     *
     * @param <O> the layer's options
     * @param options with which it is opened
     * @param files what the options refer to
     * @param contents what the disk reads as, of its length
     */
    public record Start<O extends Record>(O options, Map<StorageRef, byte[]> files, byte[] contents) {}

    private byte[] flushed = {};
    private boolean[] changed = {};
    private boolean flushing;
    private int cuts;

    /** For inheritance. */
    protected PowerCutContract() {}

    /**
     * The format under test.
     *
     * @return a new one or always the same: openers are stateless
     */
    protected abstract StorageOpener<O, S> opener();

    /**
     * Makes an image, of one of the format's variants, with something in it.
     *
     * @param random decides
     * @return the image; its disk has a few MiB at most
     * @throws Exception when it cannot be made
     */
    protected abstract Start<O> start(Random random) throws Exception;

    /**
     * Looks at what a cut has left, before this kit's own look at the contents.
     *
     * @param left the files, of which the judge may keep copies
     * @param when for messages
     * @throws Exception when there is corruption
     */
    protected abstract void judge(Map<StorageRef, byte[]> left, String when) throws Exception;

    /**
     * An image with something else behind its end, which must never be seen.
     *
     * @param image the bytes
     * @param most bytes behind it
     * @param random decides, also whether there is any
     * @return the bytes
     */
    protected static byte[] withRubbish(byte[] image, int most, Random random) {
        byte[] rubbish = new byte[random.nextBoolean() ? random.nextInt(most) : 0];
        random.nextBytes(rubbish);
        byte[] all = Arrays.copyOf(image, image.length + rubbish.length);
        System.arraycopy(rubbish, 0, all, image.length, rubbish.length);
        return all;
    }

    @Test
    final void noCutLeavesCorruptionOrLosesWhatWasFlushed() throws Exception {
        Qemu.require();
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int cut = 0; cut < CUTS; ) {
            cut += life(start(random), random, "seed " + seed + " cut " + cut);
        }
    }

    /** One image, written while the power is cut (as it may have been) a number of times. */
    private int life(Start<O> start, Random random, String name) throws Exception {
        cuts = 0;
        flushing = false;
        Map<StorageRef, VolatileStorage> files = new LinkedHashMap<>();
        Runnable moment = () -> {
            // The order of tables matters while they are written.
            if (random.nextInt(flushing ? 4 : 200) == 0) {
                judge(start.options(), cut(files, random), random, name + "+" + cuts++);
            }
        };
        TestMachine machine = new TestMachine();
        start.files().forEach((reference, bytes) -> {
            VolatileStorage file = new VolatileStorage(bytes, moment);
            files.put(reference, file);
            machine.plug(reference, file);
        });
        flushed = start.contents().clone();
        changed = new boolean[flushed.length];
        byte[] model = flushed.clone();
        try (var bench = StorageBench.plug(opener(), start.options(), machine)) {
            for (int i = 0; i < OPERATIONS; i++) {
                operation(bench.layer(), model, random);
                if (random.nextInt(30) == 0) {
                    judge(start.options(), cut(files, random), random, name + "+" + cuts++ + " behind operation " + i);
                }
            }
        }
        return cuts;
    }

    private void operation(Storage layer, byte[] model, Random random) throws StorageException {
        int offset = random.nextInt(model.length);
        int length = Math.min(random.nextInt(20_000), model.length - offset);
        switch (random.nextInt(6)) {
            case 0 -> {
                flushing = true;
                layer.flush();
                flushing = false;
                flushed = model.clone();
                Arrays.fill(changed, false);
            }
            case 1 -> {
                Arrays.fill(changed, offset, offset + length, true);
                layer.zero(offset, length, true);
                Arrays.fill(model, offset, offset + length, (byte) 0);
            }
            default -> {
                Arrays.fill(changed, offset, offset + length, true);
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                layer.write(offset, MemorySegment.ofArray(bytes));
                System.arraycopy(bytes, 0, model, offset, length);
            }
        }
    }

    private static Map<StorageRef, byte[]> cut(Map<StorageRef, VolatileStorage> files, Random random) {
        Map<StorageRef, byte[]> left = new LinkedHashMap<>();
        files.forEach((reference, file) -> left.put(reference, file.cut(random)));
        return left;
    }

    private void judge(O options, Map<StorageRef, byte[]> left, Random random, String when) {
        try {
            judge(left, when);
            TestMachine machine = new TestMachine();
            for (var each : left.entrySet()) {
                machine.plug(each.getKey(), new VolatileStorage(each.getValue(), () -> {}));
            }
            ownCheck(options, machine, when);
            try (var bench = StorageBench.plug(opener(), options, machine)) {
                byte[] read = readAll(bench.layer());
                for (int i = 0; i < read.length; i++) {
                    if (!changed[i] && read[i] != flushed[i]) {
                        fail("%s: byte %d is %d, flushed was %d".formatted(when, i, read[i], flushed[i]));
                    }
                }
                writeOn(bench, read, random, when);
            }
        } catch (Exception e) {
            throw new AssertionError(when, e);
        }
    }

    private void ownCheck(O options, TestMachine machine, String when) throws Exception {
        if (opener() instanceof CheckableFormat<?>) {
            @SuppressWarnings("unchecked")
            CheckableFormat<O> format = (CheckableFormat<O>) opener();
            CheckReport report = format.check(options, StorageBench.context(machine), CheckMode.REPORT);
            if (report.corruptions() > 0) {
                fail(when + ": " + report);
            }
        }
    }

    private void writeOn(StorageBench<O, S> bench, byte[] model, Random random, String when) throws StorageException {
        boolean[] before = changed;
        byte[] known = flushed;
        changed = new boolean[model.length];
        for (int i = 0; i < 5; i++) {
            operation(bench.layer(), model, random);
        }
        bench.swap();
        if (!Arrays.equals(model, readAll(bench.layer()))) {
            fail(when + ": it cannot be written on");
        }
        changed = before;
        flushed = known;
    }

    private byte[] readAll(Storage disk) throws StorageException {
        byte[] all = new byte[flushed.length];
        disk.read(0, MemorySegment.ofArray(all));
        return all;
    }
}
