package dev.backplane.device.nvme.internal;

import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The guest's side of the controller, in the memory of a {@link DeviceBench}. What it knows of its queues lies in that memory too, so
 * that another one goes on from there. For one thread.
 */
final class NvmeDriver {
    static final StorageRef DISK = new StorageRef("device.disk");
    static final NvmeOptions OPTIONS = new NvmeOptions(DISK, 2, Optional.of("SERIAL-1"), 512, false);

    static final int ENABLE = 1 | 6 << 16 | 4 << 20;
    static final int ADMIN_ENTRIES = 16;
    static final int ENTRIES = 8;
    /** Where data goes: pages up to {@link #OWN}. */
    static final long DATA = 0x4_0000;

    static final int PAGE = 4096;

    private static final long QUEUES = 0x1_0000;
    private static final long QUEUE_BYTES = 0x2000;
    private static final long OWN = 0xf_0000;
    private static final long PATIENCE_SECONDS = 60;

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle DWORD = U32.varHandle();

    private final DeviceBench<NvmeOptions, NvmeState> bench;
    private final MemorySegment memory;

    NvmeDriver(DeviceBench<NvmeOptions, NvmeState> bench) {
        this.bench = bench;
        memory = bench.machine().memory().bytes();
    }

    static DeviceBench<NvmeOptions, NvmeState> plug(NvmeOptions options) {
        return DeviceBench.plug(new NvmeFactory(), options);
    }

    static DeviceBench<NvmeOptions, NvmeState> plug() {
        return plug(OPTIONS);
    }

    /**
     * A command, to be filled in.
     *
     * @param head opcode, flags, identifier
     */
    record Request(int head, int namespace, long prp1, long prp2, int... dwords) {
        static Request of(int opcode, int namespace) {
            return new Request(opcode, namespace, 0, 0);
        }

        Request data(long first, long second) {
            return new Request(head, namespace, first, second, dwords);
        }

        /** Command dwords from 10 on. */
        Request with(int... from10) {
            return new Request(head, namespace, prp1, prp2, from10);
        }

        Request flags(int bits) {
            return new Request(head | bits << 8, namespace, prp1, prp2, dwords);
        }

        static Request blocks(int opcode, long block, int count) {
            return of(opcode, 1).with((int) block, (int) (block >>> 32), count - 1);
        }
    }

    /** A completion. */
    record Answer(int result, int head, int queue, int identifier, int status) {}

    MemorySegment memory() {
        return memory;
    }

    MemoryStorage disk() {
        return bench.machine().storage(DISK);
    }

    int register(int at) {
        return (int) bench.read("registers", at, 4);
    }

    void register(int at, int value) {
        bench.write("registers", at, 4, value);
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + what);
            }
            Thread.onSpinWait();
        }
    }

    // Queues

    static long submissions(int queue) {
        return QUEUES + queue * QUEUE_BYTES;
    }

    static long completions(int queue) {
        return submissions(queue) + PAGE;
    }

    private static int entries(int queue) {
        return queue == 0 ? ADMIN_ENTRIES : ENTRIES;
    }

    private int own(int queue, int field) {
        return memory.get(U32, OWN + queue * 16L + field * 4L);
    }

    private void own(int queue, int field, int value) {
        memory.set(U32, OWN + queue * 16L + field * 4L, value);
    }

    private void forget(int queue) {
        memory.asSlice(completions(queue), PAGE).fill((byte) 0);
        for (int field = 0; field < 3; field++) {
            own(queue, field, 0);
        }
    }

    /** Disables the controller and waits until it is. */
    NvmeDriver disable() {
        register(Layout.CC, 0);
        await("the reset", () -> (register(Layout.CSTS) & Layout.CSTS_RDY) == 0);
        return this;
    }

    /** Resets and enables the controller with its admin queues. */
    NvmeDriver enable() {
        disable();
        forget(0);
        register(Layout.AQA, ADMIN_ENTRIES - 1 | ADMIN_ENTRIES - 1 << 16);
        bench.write("registers", Layout.ASQ, 8, submissions(0));
        register(Layout.ACQ, (int) completions(0));
        register(Layout.ACQ + 4, 0);
        register(Layout.CC, ENABLE);
        await("the controller", () -> (register(Layout.CSTS) & Layout.CSTS_RDY) != 0);
        return this;
    }

    /** All of it, with pairs of I/O queues and messages. */
    NvmeDriver start(int pairs) {
        bench.pci().enableMessages(true);
        enable();
        for (int queue = 1; queue <= pairs; queue++) {
            succeed(createCompletions(queue, queue));
            succeed(createSubmissions(queue, queue));
        }
        return this;
    }

    /** The command that makes a completion queue. */
    Request createCompletions(int queue, int vector) {
        forget(queue);
        return Request.of(Opcode.CREATE_COMPLETION_QUEUE, 0)
                .data(completions(queue), 0)
                .with(queue | ENTRIES - 1 << 16, vector << 16 | 3);
    }

    /** The command that makes a submission queue. */
    Request createSubmissions(int queue, int completions) {
        return Request.of(Opcode.CREATE_SUBMISSION_QUEUE, 0)
                .data(submissions(queue), 0)
                .with(queue | ENTRIES - 1 << 16, completions << 16 | 1);
    }

    /** Puts a command into a queue without a word to the controller. Returns its identifier. */
    int put(int queue, Request request) {
        int identifier = own(queue, 2) & 0xffff;
        own(queue, 2, identifier + 1);
        put(queue, request, identifier);
        return identifier;
    }

    void put(int queue, Request request, int identifier) {
        int tail = own(queue, 0);
        MemorySegment entry = memory.asSlice(submissions(queue) + tail * 64L, 64);
        entry.fill((byte) 0);
        entry.set(U32, 0, request.head | identifier << 16);
        entry.set(U32, 4, request.namespace);
        entry.set(U64, 24, request.prp1);
        entry.set(U64, 32, request.prp2);
        for (int i = 0; i < request.dwords.length; i++) {
            entry.set(U32, 40 + 4L * i, request.dwords[i]);
        }
        own(queue, 0, (tail + 1) % entries(queue));
    }

    static int doorbell(int queue, boolean completion) {
        return Layout.DOORBELLS + 4 * (2 * queue + (completion ? 1 : 0));
    }

    void ring(int queue) {
        register(doorbell(queue, false), own(queue, 0));
    }

    private boolean isAnswered(int queue) {
        int head = own(queue, 1);
        int phase = head / entries(queue) % 2 == 0 ? 1 : 0;
        int last = (int) DWORD.getAcquire(memory, completions(queue) + head % entries(queue) * 16L + 12);
        return (last >>> 16 & 1) == phase;
    }

    /** Waits for a completion and leaves the doorbell alone. */
    Answer look(int queue) {
        await("a completion in queue " + queue, () -> isAnswered(queue));
        long at = completions(queue) + own(queue, 1) % entries(queue) * 16L;
        own(queue, 1, own(queue, 1) + 1);
        int third = memory.get(U32, at + 8);
        int last = memory.get(U32, at + 12);
        return new Answer(memory.get(U32, at), third & 0xffff, third >>> 16, last & 0xffff, last >>> 17);
    }

    /** Whether there is no completion now. */
    boolean isSilent(int queue) {
        return !isAnswered(queue);
    }

    /** Tells the controller what has been looked at. */
    void consume(int queue) {
        register(doorbell(queue, true), own(queue, 1) % entries(queue));
    }

    Answer answer(int queue) {
        Answer answer = look(queue);
        consume(queue);
        return answer;
    }

    Answer carryOut(int queue, Request request) {
        int identifier = put(queue, request);
        ring(queue);
        Answer answer = answer(queue);
        if (answer.identifier != identifier) {
            throw new AssertionError("command %d was answered, not %d".formatted(answer.identifier, identifier));
        }
        return answer;
    }

    /** An admin command's status. */
    int status(Request request) {
        return carryOut(0, request).status;
    }

    /** An I/O command's status. */
    int statusOf(Request request) {
        return carryOut(1, request).status;
    }

    Answer succeed(Request request) {
        Answer answer = carryOut(0, request);
        if (answer.status != Status.SUCCESS) {
            throw new AssertionError("status 0x%x of %s".formatted(answer.status, request));
        }
        return answer;
    }

    /** What an admin command puts into memory. */
    MemorySegment page(Request request) {
        memory.asSlice(DATA, PAGE).fill((byte) 0xee);
        succeed(request.data(DATA, 0));
        return memory.asSlice(DATA, PAGE);
    }

    MemorySegment identify(int structure, int namespace) {
        return page(Request.of(Opcode.IDENTIFY, namespace).with(structure));
    }

    MemorySegment log(int number, int bytes, boolean keepEvents) {
        return page(
                Request.of(Opcode.GET_LOG_PAGE, -1).with(number | (keepEvents ? 1 << 15 : 0) | bytes / 4 - 1 << 16));
    }
}
