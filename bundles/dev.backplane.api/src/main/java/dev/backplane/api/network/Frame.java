package dev.backplane.api.network;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;

/**
 * An Ethernet frame without its check sequence, and what is left to do to it: memory that is used again and again, so that frames pass
 * without garbage. For one thread at a time.
 *
 * <p>What is left to do is as in a virtio network header (virtio 1.2, 5.1.6): a checksum over the bytes from one place on, and a TCP
 * segment that is longer than the network's packets. A frame that says nothing of it is complete. Whoever made the frame may have lied:
 * {@link Segments} checks.
 */
public final class Frame {
    /** The longest: 64 KiB of packet less one, an Ethernet header and a VLAN tag. */
    public static final int MOST_BYTES = 65_535 + 14 + 4;

    /** An Ethernet header: two addresses and a type. */
    public static final int HEADER_BYTES = 14;

    private final MemorySegment memory;
    private int length;
    private boolean checksumToDo;
    private boolean checksumGood;
    private int checksumStart;
    private int checksumOffset;
    private Segmentation segmentation = Segmentation.NONE;
    private int segmentBytes;
    private boolean congestion;

    /** How a frame is to be cut. */
    public enum Segmentation {
        /** Not at all. */
        NONE(Set.of()),
        /** TCP over IPv4. */
        TCP4(Set.of(Offload.TCP4)),
        /** TCP over IPv6. */
        TCP6(Set.of(Offload.TCP6));

        private final Set<Offload> needs;

        Segmentation(Set<Offload> needs) {
            this.needs = needs;
        }
    }

    /** An empty frame with room for the longest one. */
    public Frame() {
        this(Arena.ofAuto().allocate(MOST_BYTES));
    }

    /**
     * An empty frame.
     *
     * @param memory its room
     */
    public Frame(MemorySegment memory) {
        this.memory = memory;
    }

    /**
     * All of its room, of which the first {@link #length} bytes are the frame.
     *
     * @return always the same
     */
    public MemorySegment memory() {
        return memory;
    }

    /**
     * Its length.
     *
     * @return bytes
     */
    public int length() {
        return length;
    }

    /**
     * Makes it a frame of so many bytes of its memory with nothing left to do.
     *
     * @param bytes its length
     * @return this
     * @throws IndexOutOfBoundsException when there is no room for so many
     */
    public Frame reset(int bytes) {
        if (bytes < 0 || bytes > memory.byteSize()) {
            throw new IndexOutOfBoundsException(
                    "%d bytes in a frame with room for %d".formatted(bytes, memory.byteSize()));
        }
        length = bytes;
        checksumToDo = false;
        checksumGood = false;
        checksumStart = 0;
        checksumOffset = 0;
        segmentation = Segmentation.NONE;
        segmentBytes = 0;
        congestion = false;
        return this;
    }

    /**
     * Makes it a frame with these bytes and nothing left to do.
     *
     * @param bytes all of it
     * @return this
     * @throws IndexOutOfBoundsException when there is no room for so many
     */
    public Frame set(byte[] bytes) {
        reset(bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return this;
    }

    /**
     * Makes it the same as another one.
     *
     * @param other the other one
     * @return this
     * @throws IndexOutOfBoundsException when there is no room
     */
    public Frame set(Frame other) {
        reset(other.length);
        MemorySegment.copy(other.memory, 0, memory, 0, length);
        return asksAs(other);
    }

    /** Has the same left to do as another one. */
    Frame asksAs(Frame other) {
        checksumToDo = other.checksumToDo;
        checksumGood = other.checksumGood;
        checksumStart = other.checksumStart;
        checksumOffset = other.checksumOffset;
        segmentation = other.segmentation;
        segmentBytes = other.segmentBytes;
        congestion = other.congestion;
        return this;
    }

    /**
     * Its bytes.
     *
     * @return a new array
     */
    public byte[] toByteArray() {
        return memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /**
     * Leaves an Internet checksum to do: the sum over the bytes from {@code start} to the end, the field that holds it among them, which
     * has the sum of what is not in these bytes (a pseudo header), is to be put at {@code start + offset} (RFC 1071).
     *
     * @param start the first byte of the sum, up to 65535
     * @param offset where the field lies behind it, up to 65535
     * @return this
     */
    public Frame withChecksumToDo(int start, int offset) {
        if (start >>> 16 != 0 || offset >>> 16 != 0) {
            throw new IllegalArgumentException("a checksum from %d, %d: expected 16 bits".formatted(start, offset));
        }
        checksumToDo = true;
        checksumGood = false;
        checksumStart = start;
        checksumOffset = offset;
        return this;
    }

    /**
     * Says that the transport's checksum has been verified, or never left the host.
     *
     * @return this
     */
    public Frame withChecksumGood() {
        checksumGood = !checksumToDo;
        return this;
    }

    /**
     * Leaves it to be cut. A frame that is to be cut has its checksum to do as well.
     *
     * @param how what it is
     * @param bytes the most payload of a segment, up to 65535
     * @return this
     */
    public Frame withSegmentation(Segmentation how, int bytes) {
        if (bytes >>> 16 != 0) {
            throw new IllegalArgumentException("segments of %d bytes: expected 16 bits".formatted(bytes));
        }
        segmentation = how;
        segmentBytes = bytes;
        return this;
    }

    /**
     * Says that CWR, where the header has it, is for the first segment alone.
     *
     * @return this
     */
    public Frame withCongestion() {
        congestion = true;
        return this;
    }

    /**
     * Whether a checksum is to do.
     *
     * @return true where {@link #checksumStart} and {@link #checksumOffset} mean something
     */
    public boolean hasChecksumToDo() {
        return checksumToDo;
    }

    /**
     * Whether the transport's checksum need not be verified.
     *
     * @return false where nothing is known
     */
    public boolean hasChecksumGood() {
        return checksumGood;
    }

    /**
     * Where the sum begins.
     *
     * @return an offset into the frame
     */
    public int checksumStart() {
        return checksumStart;
    }

    /**
     * Where the sum goes.
     *
     * @return an offset from {@link #checksumStart}
     */
    public int checksumOffset() {
        return checksumOffset;
    }

    /**
     * How it is to be cut.
     *
     * @return perhaps not at all
     */
    public Segmentation segmentation() {
        return segmentation;
    }

    /**
     * The most payload of a segment.
     *
     * @return bytes
     */
    public int segmentBytes() {
        return segmentBytes;
    }

    /**
     * Whether CWR is for the first segment alone.
     *
     * @return true where {@link #withCongestion} said so
     */
    public boolean hasCongestion() {
        return congestion;
    }

    /**
     * Whether what is left to do is something that somebody does.
     *
     * @param able what he does
     * @return true also where nothing is left to do
     */
    public boolean asksOnlyFor(Set<Offload> able) {
        return (!checksumToDo || able.contains(Offload.CHECKSUM))
                && (segmentation == Segmentation.NONE || able.containsAll(segmentation.needs))
                && (!congestion || able.contains(Offload.TCP_ECN));
    }
}
