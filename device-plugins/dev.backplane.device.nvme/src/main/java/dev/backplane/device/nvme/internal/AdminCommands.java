package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The commands of the admin queue (NVMe 1.4, 5). Everything in a command is the guest's word. On a thread of the part. */
final class AdminCommands {
    private static final int QUEUE_CONTIGUOUS = 1;
    private static final int QUEUE_INTERRUPTS = 2;
    private static final int KEEP_EVENTS = 1 << 15;
    private static final int NOT_ABORTED = 1;

    private final Administration administration;
    private final GuestMemory memory;
    private final Identity identity;
    private final LongSupplier capacityBlocks;

    /** @param capacityBlocks the namespace's capacity at the moment */
    AdminCommands(Administration administration, GuestMemory memory, Identity identity, LongSupplier capacityBlocks) {
        this.capacityBlocks = capacityBlocks;
        this.administration = administration;
        this.memory = memory;
        this.identity = identity;
    }

    /** Returns a status, {@link Status#PENDING} where it is answered later. */
    int carryOut(Command command) {
        return switch (command.opcode()) {
            case Opcode.DELETE_SUBMISSION_QUEUE -> administration.deleteSubmissions(command);
            case Opcode.DELETE_COMPLETION_QUEUE -> administration.deleteCompletions(command.dword10 & 0xffff);
            case Opcode.CREATE_SUBMISSION_QUEUE -> createSubmissions(command);
            case Opcode.CREATE_COMPLETION_QUEUE -> createCompletions(command);
            case Opcode.IDENTIFY -> identify(command);
            case Opcode.GET_LOG_PAGE -> logPage(command);
            case Opcode.SET_FEATURES -> administration.setFeatures(command);
            case Opcode.GET_FEATURES -> administration.getFeatures(command);
            case Opcode.ABORT -> {
                // A command that is with the disk stays there.
                boolean aborted = administration.abort(command.dword10 & 0xffff, command.dword10 >>> 16);
                command.result = aborted ? 0 : NOT_ABORTED;
                yield Status.SUCCESS;
            }
            case Opcode.ASYNCHRONOUS_EVENT_REQUEST -> administration.awaitEvent(command);
            default -> Status.INVALID_OPCODE;
        };
    }

    private int createCompletions(Command command) {
        int flags = command.dword11;
        int status = checkQueue(command, CompletionQueue.ENTRY_BYTES);
        return status != Status.SUCCESS
                ? status
                : administration.create(new CompletionQueue(
                        command.dword10 & 0xffff,
                        command.prp1,
                        entries(command),
                        flags >>> 16,
                        (flags & QUEUE_INTERRUPTS) != 0));
    }

    private int createSubmissions(Command command) {
        int status = checkQueue(command, SubmissionQueue.ENTRY_BYTES);
        return status != Status.SUCCESS
                ? status
                : administration.createSubmissions(
                        command.dword10 & 0xffff, command.prp1, entries(command), command.dword11 >>> 16);
    }

    private static int entries(Command command) {
        return (command.dword10 >>> 16) + 1;
    }

    /** What both kinds of queue have in common. Where they are is checked as a whole, so that it need not be for each entry. */
    private int checkQueue(Command command, int entryBytes) {
        int entries = entries(command);
        if (entries < 2 || entries > Layout.MOST_ENTRIES) {
            return Status.INVALID_QUEUE_SIZE;
        }
        if ((command.dword11 & QUEUE_CONTIGUOUS) == 0) {
            return Status.INVALID_FIELD;
        }
        if ((command.prp1 & Layout.PAGE_BYTES - 1) != 0) {
            return Status.PRP_OFFSET_INVALID;
        }
        return memory.contains(command.prp1, (long) entries * entryBytes) ? Status.SUCCESS : Status.INVALID_FIELD;
    }

    private int identify(Command command) {
        int structure = command.dword10 & 0xff;
        int namespace = command.namespace;
        if (Identity.isAboutNamespace(structure) && namespace != Layout.NAMESPACE) {
            return Status.INVALID_NAMESPACE;
        }
        // The two last numbers are no namespaces (5.15.2.3).
        if (Identity.isNamespaceList(structure) && (namespace == -1 || namespace == -2)) {
            return Status.INVALID_NAMESPACE;
        }
        Optional<byte[]> data = identity.structure(structure, namespace, capacityBlocks.getAsLong());
        return data.isEmpty() ? Status.INVALID_FIELD : command.pages.write(memory, command, data.get());
    }

    private int logPage(Command command) {
        int number = command.dword10 & 0xff;
        long dwords = (command.dword10 >>> 16 | (command.dword11 & 0xffffL) << 16) + 1;
        long offset = Integer.toUnsignedLong(command.dword12) | (long) command.dword13 << 32;
        Optional<byte[]> page = administration.logPage(number);
        if (page.isEmpty()) {
            return Status.INVALID_LOG_PAGE;
        }
        if (4 * dwords > Layout.MOST_BYTES || (offset & 3) != 0 || offset < 0 || offset >= page.get().length) {
            return Status.INVALID_FIELD;
        }
        // Behind the page there are zeros.
        byte[] part = Arrays.copyOfRange(page.get(), (int) offset, (int) (offset + 4 * dwords));
        int status = command.pages.write(memory, command, part);
        if (status == Status.SUCCESS && (command.dword10 & KEEP_EVENTS) == 0) {
            administration.logRead(number);
        }
        return status;
    }
}
