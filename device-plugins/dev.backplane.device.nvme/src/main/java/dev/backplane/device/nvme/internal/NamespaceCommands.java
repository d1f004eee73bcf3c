package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.BooleanSupplier;

/** The commands of I/O queues (NVMe 1.4, 6). Everything in a command is the guest's word. Any thread that may block. */
final class NamespaceCommands {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int FORCE_UNIT_ACCESS = 1 << 30;
    private static final int DEALLOCATE_ZEROES = 1 << 25;
    private static final int DEALLOCATE_RANGES = 1 << 2;
    private static final int RANGE_BYTES = 16;

    private final Storage disk;
    private final GuestMemory memory;
    private final int blockBytes;
    private final boolean readOnly;
    private final BooleanSupplier writeCache;
    private final Counters counters;
    private volatile long capacityBlocks;

    /** @param writeCache whether the guest lets writes be unstable until it flushes */
    NamespaceCommands(
            Storage disk, GuestMemory memory, NvmeOptions options, BooleanSupplier writeCache, Counters counters) {
        this.disk = disk;
        this.memory = memory;
        this.writeCache = writeCache;
        this.counters = counters;
        blockBytes = options.blockBytes();
        readOnly = options.readOnly();
    }

    /** The capacity that the guest knows. */
    long capacityBlocks() {
        return capacityBlocks;
    }

    void capacityBlocks(long blocks) {
        capacityBlocks = blocks;
    }

    /** What the disk has room for. It runs. */
    long blocksOfDisk() {
        return disk.capacityBytes() / blockBytes;
    }

    void flush() throws StorageException {
        disk.flush();
    }

    /** Returns a status. */
    int carryOut(Command command) {
        int opcode = command.opcode();
        try {
            return switch (opcode) {
                case Opcode.FLUSH -> {
                    if (command.namespace != Layout.NAMESPACE && command.namespace != Layout.ALL_NAMESPACES) {
                        yield Status.INVALID_NAMESPACE;
                    }
                    disk.flush();
                    yield Status.SUCCESS;
                }
                case Opcode.READ -> read(command);
                case Opcode.WRITE -> write(command);
                case Opcode.WRITE_ZEROES -> zero(command);
                case Opcode.DATASET_MANAGEMENT -> manage(command);
                default -> Status.INVALID_OPCODE;
            };
        } catch (StorageException e) {
            return status(e, opcode);
        }
    }

    private static int status(StorageException failure, int opcode) {
        return switch (failure.kind()) {
            case NO_SPACE -> Status.CAPACITY_EXCEEDED;
            case READ_ONLY -> Status.WRITE_PROTECTED;
            // The machine comes to rest while a layer is away: nothing has happened.
            case AWAY -> Status.NAMESPACE_NOT_READY;
            // It has become smaller meanwhile.
            case OUT_OF_BOUNDS -> Status.LBA_OUT_OF_RANGE;
            default -> opcode == Opcode.READ ? Status.UNRECOVERED_READ_ERROR : Status.WRITE_FAULT;
        };
    }

    private int read(Command command) throws StorageException {
        int status = findData(command);
        if (status != Status.SUCCESS) {
            return status;
        }
        Position at = new Position(command.firstBlock() * blockBytes);
        command.pages.<StorageException>lendToWrite(memory, piece -> disk.read(at.passing(piece), piece));
        counters.read((long) command.blocks() * blockBytes);
        return Status.SUCCESS;
    }

    private int write(Command command) throws StorageException {
        if (readOnly) {
            return Status.WRITE_PROTECTED;
        }
        int status = findData(command);
        if (status != Status.SUCCESS) {
            return status;
        }
        Position at = new Position(command.firstBlock() * blockBytes);
        command.pages.<StorageException>lendToRead(memory, piece -> disk.write(at.passing(piece), piece));
        counters.written((long) command.blocks() * blockBytes);
        makeStable(command);
        return Status.SUCCESS;
    }

    private int findData(Command command) {
        int status = check(command.namespace, command.firstBlock(), command.blocks());
        if (status != Status.SUCCESS) {
            return status;
        }
        long bytes = (long) command.blocks() * blockBytes;
        if (bytes > Layout.MOST_BYTES) {
            return Status.INVALID_FIELD;
        }
        return command.pages.find(memory, command.prp1, command.prp2, (int) bytes);
    }

    private int check(int namespace, long block, long blocks) {
        if (namespace != Layout.NAMESPACE) {
            return Status.INVALID_NAMESPACE;
        }
        return block >= 0 && block <= capacityBlocks - blocks ? Status.SUCCESS : Status.LBA_OUT_OF_RANGE;
    }

    private void makeStable(Command command) throws StorageException {
        if ((command.dword12 & FORCE_UNIT_ACCESS) != 0 || !writeCache.getAsBoolean()) {
            disk.flush();
        }
    }

    private int zero(Command command) throws StorageException {
        if (readOnly) {
            return Status.WRITE_PROTECTED;
        }
        int status = check(command.namespace, command.firstBlock(), command.blocks());
        if (status != Status.SUCCESS) {
            return status;
        }
        disk.zero(
                command.firstBlock() * blockBytes,
                (long) command.blocks() * blockBytes,
                (command.dword12 & DEALLOCATE_ZEROES) != 0);
        makeStable(command);
        return Status.SUCCESS;
    }

    /** Dataset Management (6.7): advice but for deallocation. No range is touched unless all can be. */
    private int manage(Command command) throws StorageException {
        int bytes = ((command.dword10 & 0xff) + 1) * RANGE_BYTES;
        byte[] copy = new byte[bytes];
        if (command.namespace != Layout.NAMESPACE) {
            return Status.INVALID_NAMESPACE;
        }
        int status = command.pages.read(memory, command, copy);
        if (status != Status.SUCCESS) {
            return status;
        }
        MemorySegment ranges = MemorySegment.ofArray(copy);
        for (long at = 0; at < bytes; at += RANGE_BYTES) {
            status = check(Layout.NAMESPACE, ranges.get(U64, at + 8), blocks(ranges, at));
            if (status != Status.SUCCESS) {
                return status;
            }
        }
        if ((command.dword11 & DEALLOCATE_RANGES) == 0) {
            return Status.SUCCESS;
        }
        if (readOnly) {
            return Status.WRITE_PROTECTED;
        }
        for (long at = 0; at < bytes; at += RANGE_BYTES) {
            if (blocks(ranges, at) > 0) {
                disk.discard(ranges.get(U64, at + 8) * blockBytes, blocks(ranges, at) * blockBytes);
            }
        }
        return Status.SUCCESS;
    }

    private static long blocks(MemorySegment ranges, long at) {
        return Integer.toUnsignedLong(ranges.get(U32, at + 4));
    }

    /** Where the next piece goes. */
    private static final class Position {
        private long offset;

        Position(long offset) {
            this.offset = offset;
        }

        long passing(MemorySegment piece) {
            long at = offset;
            offset += piece.byteSize();
            return at;
        }
    }
}
