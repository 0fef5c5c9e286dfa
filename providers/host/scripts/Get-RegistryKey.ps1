function Get-RegistryKey {
    <#
    .SYNOPSIS
    Opens a registry key, or gives null where there is none.
    .DESCRIPTION
    A key that exists and may not be read is an error: it must not look like an absent one.
    .PARAMETER Path
    The key, by its drive: HKLM:\SOFTWARE\...
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)
    try {
        Get-Item -LiteralPath $Path -ErrorAction Stop
    }
    catch [System.Management.Automation.ItemNotFoundException] {
        return $null
    }
}

function Get-RegistryValue {
    <#
    .SYNOPSIS
    Gives the data of a registry value as it is stored, or null.
    .DESCRIPTION
    The key's own methods are used: Get-ItemProperty mixes the values with names of its own (PSPath).
    .PARAMETER Path
    The key, by its drive.
    .PARAMETER Name
    The value's name.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Name
    )
    $key = Get-RegistryKey -Path $Path
    # An explicit null, here and below: nothing at all would become {} in JSON.
    if ($null -eq $key) { return $null }
    $key.GetValue($Name, $null, 'DoNotExpandEnvironmentNames')
}

function Get-KeyNumber {
    <#
    .SYNOPSIS
    Gives a DWORD of an open key as an unsigned number, or null where it, or the key, is absent or of another type.
    .PARAMETER Key
    The key as Get-RegistryKey gives it, or null.
    .PARAMETER Name
    The value's name.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [AllowNull()] [object] $Key,
        [Parameter(Mandatory)] [string] $Name
    )
    # An explicit null, here and above: nothing at all would become {} in JSON.
    if ($null -eq $Key) { return $null }
    $value = $Key.GetValue($Name, $null, 'DoNotExpandEnvironmentNames')
    if ($value -isnot [int]) { return $null }
    # .NET reads a DWORD as a signed number.
    [long] $value -band 4294967295L
}

function Get-RegistryNumber {
    <#
    .SYNOPSIS
    Gives a DWORD as an unsigned number, or null where it is absent or of another type.
    .PARAMETER Path
    The key, by its drive.
    .PARAMETER Name
    The value's name.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [string] $Name
    )
    Get-KeyNumber -Key (Get-RegistryKey -Path $Path) -Name $Name
}

function Add-RegistryKey {
    <#
    .SYNOPSIS
    Makes a registry key, and those above it, where it is missing.
    .DESCRIPTION
    Never New-Item -Force: on a key that exists it wipes the key, and policy processing may make it
    between a look and that command.
    .PARAMETER Path
    The key, by its drive.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)
    if (Test-Path -LiteralPath $Path) { return }
    Add-RegistryKey -Path (Split-Path -Path $Path -Parent)
    try {
        New-Item -Path $Path -ErrorAction Stop | Out-Null
    }
    catch {
        if (-not (Test-Path -LiteralPath $Path)) { throw }
    }
}

function Remove-EmptyRegistryKey {
    <#
    .SYNOPSIS
    Removes a registry key that holds neither values nor keys.
    .PARAMETER Path
    The key, by its drive.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)
    $key = Get-RegistryKey -Path $Path
    if ($null -eq $key) { return }
    if (@($key.GetValueNames()).Count -eq 0 -and @($key.GetSubKeyNames()).Count -eq 0) {
        Remove-Item -LiteralPath $Path
    }
}
