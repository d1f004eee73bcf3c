package dev.backplane.guest.internal.module;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The modules of one kernel, unpacked in a folder, and what the kernel has built in. A package has no modules.dep: it is made from what they say. */
public final class KernelModules {
    private static final String SUFFIX = ".ko";

    private final Path folder;
    private final Set<String> builtIn;
    private final Map<String, Module> modules;

    /**
     * A module.
     *
     * @param name as the kernel calls it, with {@code _} where its file may have {@code -}
     * @param path below the kernel's folder
     * @param info what it says
     */
    private record Module(String name, String path, ModuleInfo info) {}

    private KernelModules(Path folder, Set<String> builtIn, Map<String, Module> modules) {
        this.folder = folder;
        this.builtIn = builtIn;
        this.modules = modules;
    }

    /**
     * Reads them.
     *
     * @param folder what is to be {@code /lib/modules/RELEASE}: modules that are not compressed, and modules.builtin
     */
    public static KernelModules read(Path folder) throws IOException {
        Set<String> builtIn = new HashSet<>();
        for (String line : Files.readAllLines(folder.resolve("modules.builtin"))) {
            builtIn.add(name(line));
        }
        Map<String, Module> modules = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    (Iterable<Path>) files.filter(each -> each.toString().endsWith(SUFFIX))::iterator) {
                String path = folder.relativize(file).toString();
                modules.put(name(path), new Module(name(path), path, info(path, Files.readAllBytes(file))));
            }
        }
        return new KernelModules(folder, builtIn, modules);
    }

    private static ModuleInfo info(String path, byte[] module) throws IOException {
        try {
            return ModuleInfo.read(module);
        } catch (IOException e) {
            throw new IOException("the kernel's module " + path + " is damaged: " + e.getMessage(), e);
        }
    }

    private static String name(String path) {
        String file = path.substring(path.lastIndexOf('/') + 1);
        return (file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file).replace('-', '_');
    }

    /**
     * The files of some modules and of all that they need, each behind what it needs itself. What is built in is left out.
     *
     * @param wanted names
     * @return contents by file name, in the order in which they are loaded
     */
    public Map<String, byte[]> inOrder(Collection<String> wanted) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (Module module : order(wanted)) {
            Path file = folder.resolve(module.path);
            files.put(file.getFileName().toString(), Files.readAllBytes(file));
        }
        return files;
    }

    private Collection<Module> order(Collection<String> wanted) throws IOException {
        Set<Module> order = new LinkedHashSet<>();
        for (String name : wanted) {
            add(name, order, new LinkedHashSet<>());
        }
        return order;
    }

    private void add(String name, Set<Module> order, Set<String> above) throws IOException {
        if (builtIn.contains(name)) {
            return;
        }
        Module module = modules.get(name);
        if (module == null) {
            throw new IOException("the kernel has no module " + name
                    + (above.isEmpty() ? "" : ", which " + String.join(", ", above) + " needs"));
        }
        if (order.contains(module)) {
            return;
        }
        if (!above.add(name)) {
            throw new IOException("the kernel's modules need each other: " + String.join(", ", above));
        }
        for (String needed : module.info.depends()) {
            add(needed.replace('-', '_'), order, above);
        }
        above.remove(name);
        order.add(module);
    }

    /** The text of modules.dep: each file, and what it needs, what is loaded first being last. */
    public byte[] dependencies() throws IOException {
        StringBuilder text = new StringBuilder();
        for (Module module : modules.values()) {
            List<Module> order = new ArrayList<>(order(List.of(module.name)));
            text.append(module.path).append(':');
            for (Module needed : order.reversed().subList(1, order.size())) {
                text.append(' ').append(needed.path);
            }
            text.append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The text of modules.alias, by which the kernel asks for a module: a file system's, a protocol's, a device's. */
    public byte[] aliases() {
        StringBuilder text = new StringBuilder();
        for (Module module : modules.values()) {
            for (String alias : module.info.values("alias")) {
                text.append("alias ")
                        .append(alias)
                        .append(' ')
                        .append(module.name)
                        .append('\n');
            }
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
