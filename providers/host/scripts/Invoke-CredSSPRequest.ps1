function Write-AnswerLine {
    <#
    .SYNOPSIS
    Writes one line of the protocol to standard output.
    .DESCRIPTION
    Base64 keeps it ASCII, whatever the code page is. An empty line goes before it, so that it begins a line even when something
    else was printed without an end.
    .PARAMETER Id
    The request's.
    .PARAMETER Kind
    part or end.
    .PARAMETER Text
    A JSON document.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [ValidateSet('part', 'end')] [string] $Kind,
        [Parameter(Mandatory)] [string] $Text
    )
    [Console]::Out.WriteLine()
    [Console]::Out.WriteLine("credssp $Id $Kind $([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($Text)))")
    [Console]::Out.Flush()
}

function Invoke-HostScript {
    <#
    .SYNOPSIS
    Runs the host's script here, or on a host through WinRM.
    .PARAMETER Request
    The request: transport and its connection, and the document for the host.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Request)
    $block = [scriptblock]::Create($global:CredSSPHostScript)
    if ($Request.transport -ceq 'local') {
        return & $block $Request.document
    }
    $connection = @{
        ComputerName   = $Request.computerName
        Authentication = $Request.authentication
        SessionOption  = New-PSSessionOption -OpenTimeout ($Request.openSeconds * 1000)
    }
    if ($null -ne $Request.port) { $connection.Port = $Request.port }
    if ($Request.useSSL) { $connection.UseSSL = $true }
    if ($null -ne $Request.configurationName) { $connection.ConfigurationName = $Request.configurationName }
    Invoke-Command @connection -ScriptBlock $block -ArgumentList $Request.document -ErrorAction Stop
}

function Invoke-CredSSPRequest {
    <#
    .SYNOPSIS
    Serves one request of the channel: "credssp <id> part|end <base64>" lines are its answer.
    .DESCRIPTION
    Everything else the work prints is caught here. What goes wrong becomes the answer "remoting".
    .PARAMETER Envelope
    The request: a JSON document in base64.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Envelope)
    Set-StrictMode -Version 3
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    $request = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Envelope)))
    try {
        # Both transports need Windows here; a Windows has a registry, whatever the platform calls itself.
        if ($null -eq (Get-PSProvider | Where-Object -FilterScript { $_.Name -eq 'Registry' })) {
            Write-AnswerLine -Id $request.id -Kind end -Text '{"outcome":"platform"}'
            return
        }
        Invoke-HostScript -Request $request *>&1 | ForEach-Object -Process {
            if ($_ -is [string] -and $_ -cmatch '^credssp:(part|end):') {
                $kind = $Matches[1]
                Write-AnswerLine -Id $request.id -Kind $kind -Text $_.Substring("credssp:$kind`:".Length)
            }
        }
    }
    catch {
        $failure = [ordered]@{
            message = [string] $_.Exception.Message
            errorId = [string] $_.FullyQualifiedErrorId
        }
        Write-AnswerLine -Id $request.id -Kind end -Text (ConvertTo-Json -Compress -InputObject @{ outcome = 'remoting'; failure = $failure })
    }
    finally {
        # The list of errors would grow as long as this PowerShell lives.
        $global:Error.Clear()
    }
}
