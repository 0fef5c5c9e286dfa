function Get-PolicyFilePath {
    <#
    .SYNOPSIS
    Gives the path of a file of the local group policy object, or of the archive that policy processing keeps.
    .PARAMETER File
    registryPol, gptIni or archive.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [ValidateSet('registryPol', 'gptIni', 'archive')] [string] $File)
    if ($File -eq 'archive') { return Join-Path -Path $env:ProgramData -ChildPath 'ntuser.pol' }
    $folder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\GroupPolicy'
    if ($File -eq 'gptIni') { return Join-Path -Path $folder -ChildPath 'gpt.ini' }
    Join-Path -Path $folder -ChildPath 'Machine\Registry.pol'
}

function Get-PolicyFile {
    <#
    .SYNOPSIS
    Gives a file of policy in base64, or null where it is absent.
    .PARAMETER File
    registryPol, gptIni or archive.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [ValidateSet('registryPol', 'gptIni', 'archive')] [string] $File)
    $path = Get-PolicyFilePath -File $File
    if (-not [IO.File]::Exists($path)) { return $null }
    [Convert]::ToBase64String([IO.File]::ReadAllBytes($path))
}

function Get-ValueText {
    <#
    .SYNOPSIS
    Gives the text of a list value. One that is no string has none; its name still counts.
    .PARAMETER Value
    The data.
    #>
    [CmdletBinding()]
    param([AllowNull()] [AllowEmptyString()] [object] $Value)
    if ($Value -is [string]) { return $Value }
    ''
}

function Get-ListValue {
    <#
    .SYNOPSIS
    Reads the values of a list's key in their order.
    .PARAMETER Key
    The key, or null where there is none.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowNull()] [object] $Key)
    if ($null -eq $Key) { return }
    foreach ($name in $Key.GetValueNames()) {
        [ordered]@{
            name = $name
            kind = $Key.GetValueKind($name).ToString()
            data = Get-ValueText -Value $Key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
        }
    }
}

function Get-LivePolicy {
    <#
    .SYNOPSIS
    Reads policies from HKLM: each with its switch, its concatenate, and its values in their order.
    .DESCRIPTION
    Each key is opened once, and only what its own enumeration names is asked for: most policies are not configured,
    and every question costs.
    .PARAMETER Policy
    Objects with a policy's name, its key, the names of its DWORDs, and the name of the key below it that holds its
    list; the name of the concatenate and that of the list may be null.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject[]] $Policy)
    $opened = @{}
    foreach ($one in $Policy) {
        $place = $opened[$one.key]
        if ($null -eq $place) {
            $key = Get-RegistryKey -Path "HKLM:\$($one.key)"
            $place = @{ key = $key; names = @(); lists = @() }
            if ($null -ne $key) {
                $place.names = @($key.GetValueNames())
                $place.lists = @($key.GetSubKeyNames())
            }
            $opened[$one.key] = $place
        }
        $state = [ordered]@{ policy = $one.name; switch = $null; concatenate = $null; values = @() }
        if ($place.names -contains $one.switch) { $state.switch = Get-KeyNumber -Key $place.key -Name $one.switch }
        if ($place.names -contains $one.concatenate) { $state.concatenate = Get-KeyNumber -Key $place.key -Name $one.concatenate }
        if ($place.lists -contains $one.list) {
            $state.values = @(Get-ListValue -Key (Get-RegistryKey -Path "HKLM:\$($one.key)\$($one.list)"))
        }
        $state
    }
}

function Get-PolicyReading {
    <#
    .SYNOPSIS
    Reads the policies of both stores until two readings agree.
    .DESCRIPTION
    A pass of policy processing may be rewriting them: it removes what it wrote before and writes
    it again, and a look in between would see a list that never was. Gives nothing when no two
    readings agree.
    .PARAMETER Policy
    Objects as Get-LivePolicy takes them.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject[]] $Policy)
    $before = $null
    for ($look = 1; $look -le 12; $look++) {
        $now = $null
        try {
            $reading = [ordered]@{
                live        = @(Get-LivePolicy -Policy $Policy)
                registryPol = Get-PolicyFile -File registryPol
                gptIni      = Get-PolicyFile -File gptIni
                archive     = Get-PolicyFile -File archive
            }
            $now = ConvertTo-Json -InputObject $reading -Compress -Depth 5
        }
        catch [System.IO.IOException], [System.UnauthorizedAccessException] {
            # A key that has just gone, a file that is being written, or one that is just being deleted (access denied):
            # this look does not count.
            if ($look -eq 12) { throw }
        }
        if ($null -ne $now -and [string]::Equals($now, $before)) { return $reading }
        if ($look -gt 1) { Start-Sleep -Milliseconds 50 }
        $before = $now
    }
}
