# SPDX-License-Identifier: BSD-3-Clause
"""The guest's kernel and its initramfs.

The kernel is Debian's: its package is fetched once, with apt-get, and kept in
the build folder. The initramfs is busybox, kmod, the program under test with
the libraries and DPDK drivers that it needs, and a few modules.
"""

import glob
import os
import re
import shutil
import subprocess

MODULES = ["e1000e", "irqbypass", "pps_core", "ptp", "uio",
           "uio_pci_generic", "vfio", "vfio-pci", "vfio-pci-core",
           "vfio_iommu_type1", "vfio_virqfd"]
DRIVERS = ["bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_null",
           "net_ring"]
INIT = """#!/bin/dash
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /var/run
mount -t tmpfs shm /dev/shm
stty -echo -onlcr
export HOME=/tmp PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd /tmp
echo '<<<0>>>'
while read -r line; do
	eval "$line" 2>&1
	echo "<<<$?>>>"
done
"""


class Missing(Exception):
    """Something that the machine lacks, in a sentence."""


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def kernel_package():
    """The package that the newest kernel of the distribution is in."""
    depends = output_of("apt-cache", "depends", "linux-image-amd64")
    found = re.search(r"Depends: (linux-image-\S+)", depends)
    if not found:
        raise Missing("apt-cache knows no linux-image-amd64")
    return found.group(1)


def fetch_kernel(folder):
    """Fetches the package into folder; as root it asks for new lists first
    when the old ones lead nowhere."""
    try:
        subprocess.run(["apt-get", "download", "-q", kernel_package()],
                       cwd=folder, check=True, capture_output=True)
    except (subprocess.CalledProcessError, Missing) as error:
        if os.geteuid() != 0 or subprocess.run(
                ["apt-get", "update", "-q"], capture_output=True).returncode:
            raise Missing("the kernel's package cannot be fetched") from error
        subprocess.run(["apt-get", "download", "-q", kernel_package()],
                       cwd=folder, check=True, capture_output=True)


def kernel(folder):
    """The folder that the kernel's package is unpacked in."""
    there = os.path.join(folder, "kernel")
    if os.path.exists(there):
        return there
    os.makedirs(folder, exist_ok=True)
    if not glob.glob(folder + "/linux-image-*.deb"):
        fetch_kernel(folder)
    package = glob.glob(folder + "/linux-image-*.deb")[0]
    shutil.rmtree(there + ".new", ignore_errors=True)
    subprocess.run(["dpkg-deb", "-x", package, there + ".new"], check=True)
    os.rename(there + ".new", there)
    return there


def image(folder):
    return glob.glob(kernel(folder) + "/boot/vmlinuz-*")[0]


def put(root, path, source):
    to = root + path
    os.makedirs(os.path.dirname(to), exist_ok=True)
    shutil.copy(source, to)


def put_program(root, path, source):
    """A program or a shared object, with the libraries that it needs."""
    put(root, path, source)
    for name, at in re.findall(r"(\S+) => (/\S+)", output_of("ldd", source)):
        if not os.path.exists(root + "/lib/" + name):
            put(root, "/lib/" + name, at)
    loader = "/lib64/ld-linux-x86-64.so.2"
    put(root, loader, loader)


def put_drivers(root):
    folder = output_of("pkg-config", "--variable=libdir", "libdpdk").strip()
    for name in DRIVERS:
        found = glob.glob(f"{folder}/dpdk/pmds-*/librte_{name}.so.*.*")
        if not found:
            raise Missing(f"DPDK's driver {name} is not installed")
        put_program(root, found[0], found[0])


def put_modules(root, folder):
    there = kernel(folder)
    release = os.listdir(there + "/lib/modules")[0]
    base = f"/lib/modules/{release}"
    for at in glob.glob(there + base + "/**/*.ko", recursive=True):
        if os.path.basename(at)[:-3] in MODULES:
            put(root, at[len(there):], at)
    put(root, f"/boot/config-{release}", f"{there}/boot/config-{release}")
    for name in ("modules.order", "modules.builtin",
                 "modules.builtin.modinfo"):
        put(root, f"{base}/{name}", f"{there}{base}/{name}")
    subprocess.run(["depmod", "-b", root, release], check=True)


def put_busybox(root):
    put(root, "/bin/busybox", "/usr/bin/busybox")
    for applet in output_of("/usr/bin/busybox", "--list").split():
        at = f"{root}/bin/{applet}"
        if not os.path.lexists(at):
            os.symlink("busybox", at)


def initramfs(root, folder, programs):
    """Makes the folder root the guest's, and answers the file it is in.
    programs: where each lies in the guest, and here."""
    put_busybox(root)
    # busybox's shell would take its own modprobe, which heeds no soft
    # dependencies.
    put_program(root, "/bin/dash", "/bin/dash")
    put_program(root, "/sbin/modprobe", shutil.which("modprobe"))
    for path, source in programs.items():
        put_program(root, path, source)
    put_drivers(root)
    put_modules(root, folder)
    for name in ("proc", "sys", "dev", "tmp"):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    with open(root + "/init", "w", encoding="ascii") as init:
        init.write(INIT)
    os.chmod(root + "/init", 0o755)
    subprocess.run("find . | busybox cpio -o -H newc 2>/dev/null "
                   "| gzip -1 >../initramfs.gz", cwd=root, shell=True,
                   check=True)
    return os.path.dirname(root) + "/initramfs.gz"
