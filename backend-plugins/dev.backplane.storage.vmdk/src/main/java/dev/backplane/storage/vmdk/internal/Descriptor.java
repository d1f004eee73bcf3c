package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.image.ImageBytes;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text that describes a disk.
 *
 * @param contentId changes whenever somebody has written
 * @param contentIdAt where its digits are in the text, as many as it has
 * @param contentIdDigits how many they are
 * @param parentId the content that the parent had; {@link #NO_PARENT} where there is none
 * @param parentName where the parent is
 * @param createType the variant's name
 * @param extents what the disk is made of, in order
 */
record Descriptor(
        long contentId,
        int contentIdAt,
        int contentIdDigits,
        long parentId,
        String parentName,
        String createType,
        List<Extent> extents) {
    /**
     * One of them.
     *
     * @param sectors its length
     * @param type how its bytes are kept
     * @param name of its file
     * @param startSector where it begins in a file that has its bytes as they are
     */
    record Extent(long sectors, String type, String name, long startSector) {
        boolean isFlat() {
            return type.equals("FLAT") || type.equals("VMFS");
        }
    }

    /**
     * What a delta image stands on.
     *
     * @param name where it is
     * @param contentId what it has to hold
     */
    record Parent(String name, long contentId) {}

    static final int SECTOR = 512;
    static final long NO_PARENT = 0xffff_ffffL;
    static final String MARK = "# Disk DescriptorFile";

    /** Longer texts are none. */
    static final int MOST_BYTES = 64 << 10;

    private static final int MOST_EXTENTS = 4096;
    /** More cannot be counted in bytes. */
    private static final long MOST_SECTORS = 1L << 50;

    private static final Pattern CONTENT_ID = Pattern.compile("(?m)^[ \\t]*CID[ \\t]*=[ \\t]*([0-9a-fA-F]{1,8})\\b");
    private static final Pattern PARENT_ID =
            Pattern.compile("(?m)^[ \\t]*parentCID[ \\t]*=[ \\t]*([0-9a-fA-F]{1,8})\\b");
    private static final Pattern PARENT_NAME =
            Pattern.compile("(?m)^[ \\t]*parentFileNameHint[ \\t]*=[ \\t]*\"([^\"\\n]*)\"[^\\n]*\\n?");
    private static final Pattern NO_NAME = Pattern.compile("[\"\\x00-\\x1f]");
    private static final Pattern CREATE_TYPE = Pattern.compile("(?m)^[ \\t]*createType[ \\t]*=[ \\t]*\"([^\"\\n]*)\"");
    private static final Pattern EXTENT = Pattern.compile(
            "(?m)^[ \\t]*(RW|RDONLY|NOACCESS)[ \\t]+(\\d{1,18})[ \\t]+(\\w+)[ \\t]*(?:\"([^\"\\n]*)\")?(?:[ \\t]+(\\d{1,18}))?");

    static boolean isText(String first) {
        return first.strip().toLowerCase(Locale.ROOT).startsWith(MARK.toLowerCase(Locale.ROOT));
    }

    static Descriptor read(ImageBytes image, long offset, long bytes) throws StorageException {
        if (offset < 0 || bytes < 1 || bytes > MOST_BYTES) {
            throw ImageBytes.corrupt("a descriptor of %d bytes at 0x%x".formatted(bytes, offset));
        }
        return parse(image.read(offset, (int) bytes, ByteOrder.LITTLE_ENDIAN).array());
    }

    /** A character for each byte, so that places in the text are places in the image. */
    private static String text(byte[] bytes) {
        String all = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = all.indexOf(0);
        return end < 0 ? all : all.substring(0, end);
    }

    /** A name's bytes, which mean it as the host's file system does. */
    private static String name(String characters) {
        return new String(characters.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    static Descriptor parse(byte[] bytes) throws StorageException {
        String text = text(bytes);
        if (!isText(text)) {
            throw new StorageException(
                    Kind.INVALID_FORMAT,
                    "it begins neither with \"KDMV\" nor with \"%s\": not a VMDK image: declare its real format"
                            .formatted(MARK));
        }
        Matcher id = CONTENT_ID.matcher(text);
        Matcher parent = PARENT_ID.matcher(text);
        Matcher parentName = PARENT_NAME.matcher(text);
        Matcher type = CREATE_TYPE.matcher(text);
        if (!id.find() || !type.find()) {
            throw ImageBytes.corrupt("the descriptor has no CID or no createType");
        }
        List<Extent> extents = new ArrayList<>();
        Matcher each = EXTENT.matcher(text);
        while (each.find()) {
            if (extents.size() == MOST_EXTENTS) {
                throw ImageBytes.corrupt("the descriptor has more than %d extents".formatted(MOST_EXTENTS));
            }
            extents.add(extent(each));
        }
        return new Descriptor(
                Long.parseLong(id.group(1), 16),
                id.start(1),
                id.group(1).length(),
                parent.find() ? Long.parseLong(parent.group(1), 16) : NO_PARENT,
                parentName.find() ? name(parentName.group(1)) : "",
                type.group(1),
                List.copyOf(extents));
    }

    private static Extent extent(Matcher line) throws StorageException {
        long sectors = Long.parseLong(line.group(2));
        long start = line.group(5) == null ? 0 : Long.parseLong(line.group(5));
        Extent extent = new Extent(sectors, line.group(3), line.group(4) == null ? "" : name(line.group(4)), start);
        if (!line.group(1).equals("RW") || !extent.isFlat() && !extent.type.equals("SPARSE")) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "an extent \"%s %s\": expected RW, and FLAT, VMFS or SPARSE".formatted(line.group(1), extent.type));
        }
        if (extent.name.isEmpty() || sectors == 0 || sectors > MOST_SECTORS || extent.startSector > MOST_SECTORS) {
            throw ImageBytes.corrupt("an extent of %d sectors in \"%s\"".formatted(sectors, extent.name));
        }
        return extent;
    }

    Descriptor withContentId(long next) {
        return new Descriptor(next, contentIdAt, contentIdDigits, parentId, parentName, createType, extents);
    }

    boolean hasParent() {
        return parentId != NO_PARENT;
    }

    /** As others note it. */
    static String idText(long id) {
        return "%08x".formatted(id);
    }

    /** Refuses a name that cannot stand in a descriptor. */
    static void checkName(String name) throws StorageException {
        if (NO_NAME.matcher(name).find()) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the backing file's name \"%s\" has a quotation mark or a control character".formatted(name));
        }
    }

    /** The same text with another parent, or none. */
    static byte[] withParent(byte[] bytes, Optional<Parent> parent) throws StorageException {
        StringBuilder text = new StringBuilder(PARENT_NAME.matcher(text(bytes)).replaceAll(""));
        String id = idText(parent.map(Parent::contentId).orElse(NO_PARENT));
        Matcher old = PARENT_ID.matcher(text);
        if (old.find()) {
            text.replace(old.start(1), old.end(1), id);
        } else {
            text.insert(behindLine(text, CONTENT_ID), "parentCID=%s\n".formatted(id));
        }
        if (parent.isPresent()) {
            checkName(parent.get().name());
            String name = new String(parent.get().name().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            text.insert(behindLine(text, CREATE_TYPE), "parentFileNameHint=\"%s\"\n".formatted(name));
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Behind the line that a parsed descriptor has. */
    private static int behindLine(StringBuilder text, Pattern line) throws StorageException {
        Matcher found = line.matcher(text);
        if (!found.find()) {
            throw ImageBytes.corrupt("the descriptor has no CID or no createType");
        }
        int end = text.indexOf("\n", found.end());
        if (end < 0) {
            text.append('\n');
            return text.length();
        }
        return end + 1;
    }

    /** The names of the files, each once, in order. */
    List<String> files() {
        return extents.stream().map(Extent::name).distinct().toList();
    }
}
